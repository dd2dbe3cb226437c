// SPDX-License-Identifier: Apache-2.0

// The smaller and the larger of numbers. <algorithm> has both too, and 10 000 lines more; the headers that every
// program includes do without it.
//
//   std::uint64_t least = shm::min_of<std::uint64_t>(3, 5);  // 3
//
// Pure functions: any thread may call them. Nothing here throws.
#pragma once

namespace shm {

template <class Number>
[[nodiscard]] constexpr Number min_of(Number a, Number b) noexcept {
  return b < a ? b : a;
}

template <class Number>
[[nodiscard]] constexpr Number max_of(Number a, Number b) noexcept {
  return a < b ? b : a;
}

}  // namespace shm
