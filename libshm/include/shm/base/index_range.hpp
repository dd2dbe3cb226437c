// SPDX-License-Identifier: Apache-2.0

// Positions in a stream: absolute indices, half-open ranges of them, and slices as a user writes them.
//
//   auto ten = reader[{10, 20}];          // items 10 to 19
//   auto three = reader[{-3, {}}];        // the newest three
//   auto halves = reader[{{}, {}, 2}];    // every second readable item
//
// Plain values: any thread may use one. Nothing here throws.
#pragma once

#include <cstdint>
#include <optional>

namespace shm {

/// Absolute position of an item since the stream began: never reused, never reset by a restart.
using Index = std::uint64_t;

/// [begin, end): begin inclusive, end exclusive.
struct IndexRange {
  Index begin = 0;
  Index end = 0;

  [[nodiscard]] Index size() const noexcept { return end - begin; }
  [[nodiscard]] bool empty() const noexcept { return end <= begin; }
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// A part of a stream, half open. Negative positions count from `inserted` (-1 is the newest item); a missing
/// start is the oldest readable item, a missing stop is `inserted`. All cases: RawReader::resolve().
struct Slice {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::int64_t step = 1;
};

}  // namespace shm
