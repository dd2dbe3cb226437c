// SPDX-License-Identifier: Apache-2.0

// What a new stream gets of the one that it replaces: its newest items, at the same indices, with what leads
// to them.
#pragma once

#include <cstdint>
#include <vector>

#include "shm/layout/anchor.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_plan.hpp"

namespace shm::storage {

/// Worked out before the new stream is made.
struct CarryOver {
  std::uint64_t items = 0;
  std::vector<Anchor> anchors;  ///< that lead to them, oldest first
  IndexRange bytes;             ///< positions of the bytes that they lead to, where they are records

  /// As many of the readable items as the plan has history for; with a ledger those that have a key, with a
  /// time stamp in the items those whose keys do not decrease; of records those whose bytes it has history
  /// for, too, and none behind one that is larger than it takes. REQUIRES: nobody writes `from`, same item
  /// type.
  CarryOver(const StreamFile& from, const StreamPlan& plan);

  /// REQUIRES: `to` is new, and as planned.
  void write(const StreamFile& from, StreamFile& to) const;

 private:
  void write_anchors(StreamFile& to) const;
  void write_bytes(const StreamFile& from, StreamFile& to) const;
};

}  // namespace shm::storage
