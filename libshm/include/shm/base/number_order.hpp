// SPDX-License-Identifier: Apache-2.0

// The order of numbers of any type, and how far two of them are apart.
//
//   bool is_less = shm::rank_of(-1.5) < shm::rank_of(2.0);     // as unsigned integers
//   std::uint64_t far = shm::distance(INT64_MIN, INT64_MAX);   // all 64 bits of it
//
// Pure functions: any thread may call them. Nothing here throws.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace shm {

/// A number as an unsigned integer with the same order; -0.0 and 0.0 have one rank.
/// REQUIRES: the number is not NaN.
template <class Number>
[[nodiscard]] constexpr std::uint64_t rank_of(Number number) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  if constexpr (std::is_floating_point_v<Number>) {
    const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(number) + 0.0);  // -0.0 becomes 0.0
    return bits ^ ((bits & sign) != 0 ? ~std::uint64_t{0} : sign);
  } else if constexpr (std::is_signed_v<Number>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(number)) ^ sign;
  } else {
    return number;
  }
}

/// |a - b|. For integers it is unsigned: the distance of two signed ones may not fit into their type.
template <class Number>
[[nodiscard]] constexpr auto distance(Number a, Number b) noexcept {
  if constexpr (std::is_integral_v<Number>) {
    using Unsigned = std::make_unsigned_t<Number>;
    return a < b ? static_cast<Unsigned>(static_cast<Unsigned>(b) - static_cast<Unsigned>(a))
                 : static_cast<Unsigned>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
  } else {
    return a < b ? b - a : a - b;
  }
}

}  // namespace shm
