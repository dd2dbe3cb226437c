// SPDX-License-Identifier: Apache-2.0

// Streams of records: their writers, and readers that look at the bytes of each. (Their entries are items,
// for all other readers.)
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Appends records, as copies and in place, more room claimed than published; held back or not.
struct RecordWriting : FreeRole {
  void run(Worker& worker) override;
};

/// Reads records in place, as copies, in slices; of a lossless stream mostly as a lossless reader.
struct RecordReading : FreeRole {
  void run(Worker& worker) override;
};

/// Reads every record that is there. REQUIRES: nobody writes.
void audit_records(const Worker& worker);

}  // namespace shm::chaos
