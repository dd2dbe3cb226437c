// SPDX-License-Identifier: Apache-2.0

// Readers that ask by key, and hold every answer against the keys that the items carry themselves.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// In a ledger.
struct LedgerReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// In the items.
struct KeyInItemReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Two streams as one, live: merging_role.cpp.
struct MergingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

}  // namespace shm::chaos
