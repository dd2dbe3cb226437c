// SPDX-License-Identifier: Apache-2.0

// Sums of keys and times that stop at the smallest or largest number instead of overflowing.
//
//   std::int64_t late = shm::saturating::add(INT64_MAX, std::int64_t{1});  // INT64_MAX
//   std::uint64_t none = shm::saturating::subtract<std::uint64_t>(3, 5);   // 0
//   std::int64_t ns = shm::saturating::round(1.5e9);                       // to the nearest
//
// Pure functions: any thread may call them. Nothing here throws.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace shm::saturating {

/// a + b. Floating-point numbers are added as they are.
template <class Number>
[[nodiscard]] constexpr Number add(Number a, std::type_identity_t<Number> b) noexcept {
  if constexpr (std::is_floating_point_v<Number>) {
    return a + b;
  } else {
    Number sum{};
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    const bool is_below = std::is_signed_v<Number> && b < Number{};
    return is_below ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
  }
}

/// a - b. Floating-point numbers are subtracted as they are.
template <class Number>
[[nodiscard]] constexpr Number subtract(Number a, std::type_identity_t<Number> b) noexcept {
  if constexpr (std::is_floating_point_v<Number>) {
    return a - b;
  } else {
    Number difference{};
    if (!__builtin_sub_overflow(a, b, &difference)) return difference;
    return b > Number{} ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
  }
}

/// a * b.
[[nodiscard]] constexpr std::int64_t multiply(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
}

/// a + b, with b cut off towards zero first: the same result on every machine. If b has no 64-bit integer (or
/// is not a number), the result is the smallest or largest Integer.
template <class Integer>
[[nodiscard]] constexpr Integer add_truncated(Integer a, double b) noexcept {
  constexpr double end = 9223372036854775808.0;  // 2^63
  if (!(b < end)) return std::numeric_limits<Integer>::max();
  if (b < -end) return std::numeric_limits<Integer>::min();
  const auto whole = static_cast<std::int64_t>(b);
  Integer sum{};
  if (!__builtin_add_overflow(a, whole, &sum)) return sum;
  return whole < 0 ? std::numeric_limits<Integer>::min() : std::numeric_limits<Integer>::max();
}

/// The nearest integer, halves away from zero. NaN gives 0.
template <class Floating>
[[nodiscard]] std::int64_t round(Floating value) noexcept {
  constexpr auto end = static_cast<Floating>(9223372036854775808.0);  // 2^63
  if (value >= end) return INT64_MAX;
  if (value <= -end) return INT64_MIN;
  if (value != value) return 0;
  if constexpr (std::is_same_v<Floating, long double>) {
    return static_cast<std::int64_t>(__builtin_llroundl(value));
  } else {
    return static_cast<std::int64_t>(__builtin_llround(value));
  }
}

}  // namespace shm::saturating
