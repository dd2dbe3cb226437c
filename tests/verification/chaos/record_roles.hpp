// SPDX-License-Identifier: Apache-2.0

// Streams of records: their writers, and readers that look at the bytes of each. (Their entries are items,
// for all other readers.)
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Appends records, as copies and in place, and claims more room than it publishes; held back or not.
struct RecordWriting : FreeRole {
  void run(Worker& worker) override;
};

/// Reads records in place, as copies, in slices; on a lossless stream mostly as a lossless reader.
struct RecordReading : FreeRole {
  void run(Worker& worker) override;
};

/// Reads every readable record. REQUIRES: no writer.
void audit_records(const Worker& worker);

}  // namespace shm::chaos
