// SPDX-License-Identifier: Apache-2.0

// Readers that query by key, and check every result against the keys in the items.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Keys in a ledger.
struct LedgerReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Keys in the items.
struct KeyInItemReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// A live merge of two streams: merging_role.cpp.
struct MergingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

}  // namespace shm::chaos
