// SPDX-License-Identifier: Apache-2.0

// Times in 64 bits that stop at the end instead of running over it.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace shm::saturating {

[[nodiscard]] constexpr std::int64_t add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

[[nodiscard]] constexpr std::int64_t subtract(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b > 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// To the nearest; what is not a number is 0.
template <class Floating>
[[nodiscard]] std::int64_t round(Floating value) noexcept {
  constexpr auto end = static_cast<Floating>(9223372036854775808.0);
  if (value >= end) return std::numeric_limits<std::int64_t>::max();
  if (value <= -end) return std::numeric_limits<std::int64_t>::min();
  if (std::isnan(value)) return 0;
  return static_cast<std::int64_t>(std::llround(value));
}

}  // namespace shm::saturating
