// SPDX-License-Identifier: Apache-2.0

// The order of two batches, for merges of two streams. A loser tree of two makes one comparison a step, and
// each step waits for the one before it. Here two steps are under way at the same time, one from the front
// and one from the back, and meet in the middle (as in the parity merge of quadsort). Pure arithmetic: any
// thread may call it, and nothing here throws. Internal to the library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shm::internal {

/// An item by its position in the batch of a stream.
struct MergePlace {
  std::uint32_t stream;
  std::uint32_t position;
};

/// Writes the places of the items of two batches, in order, up to the item behind which an item of a later
/// batch may belong. Moves the positions behind them, and returns how many there are; 0 if there are too few
/// to be worth it. Of equal keys those of stream 0 come first. `first` and `second` begin at the positions.
/// REQUIRES: in memory, before each span is the key of the item before it (or the lowest key), and behind
/// each span a key that is not less than its last; `to` has room for both.
template <class K>
[[nodiscard]] std::size_t merge_two(std::span<const K> first, std::span<const K> second,
                                    std::size_t& position_of_first, std::size_t& position_of_second,
                                    MergePlace* to) noexcept {
  if (first.empty() || second.empty()) return 0;
  const K* const a = first.data();
  const K* const b = second.data();
  std::size_t of_a = first.size();
  std::size_t of_b = second.size();
  if (b[of_b - 1] < a[of_a - 1]) {
    of_a = static_cast<std::size_t>(std::upper_bound(a, a + of_a, b[of_b - 1]) - a);
  } else {
    of_b = static_cast<std::size_t>(std::lower_bound(b, b + of_b, a[of_a - 1]) - b);
  }
  const std::size_t all = of_a + of_b;
  constexpr std::size_t least = 32;
  if (all < least) return 0;
  // A batch that is used up must lose all further comparisons. At the front it does, since the other batch is
  // cut at its last key; at the back it does by the key before its first, unless both are the lowest key.
  if (!(b[-1] < a[0]) || b[0] < a[-1]) return 0;

  std::ptrdiff_t front_a = 0;
  std::ptrdiff_t front_b = 0;
  auto back_a = static_cast<std::ptrdiff_t>(of_a) - 1;
  auto back_b = static_cast<std::ptrdiff_t>(of_b) - 1;
  const auto from_a = static_cast<std::ptrdiff_t>(position_of_first);
  const auto from_b = static_cast<std::ptrdiff_t>(position_of_second);
  const auto place = [=](bool is_b, std::ptrdiff_t i, std::ptrdiff_t j) {
    return MergePlace{is_b, static_cast<std::uint32_t>(is_b ? from_b + j : from_a + i)};
  };
  for (std::size_t i = 0; i < all / 2; ++i) {
    const bool is_b = b[front_b] < a[front_a];
    to[i] = place(is_b, front_a, front_b);
    front_b += is_b;
    front_a += !is_b;
    const bool is_last_b = !(b[back_b] < a[back_a]);
    to[all - 1 - i] = place(is_last_b, back_a, back_b);
    back_b -= is_last_b;
    back_a -= !is_last_b;
  }
  if (all % 2 != 0) to[all / 2] = place(b[front_b] < a[front_a], front_a, front_b);
  position_of_first += of_a;
  position_of_second += of_b;
  return all;
}

}  // namespace shm::internal
