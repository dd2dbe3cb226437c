// SPDX-License-Identifier: Apache-2.0

// The type of an item as text: a PEP 3118 format string, which Python's buffer protocol and numpy read.
//
//   std::string number = shm::format_of<double>();                      // "<d"
//   std::string frame = shm::format_of<std::array<std::int16_t, 2>>();  // "(2)<h"
//
// Structs are described with Boost.Describe: shm/format/described.hpp. Byte order and sizes are always explicit
// ("<": little endian, standard sizes, no implied padding); padding is written as "Nx".
//
// Pure functions: any thread may call them. Nothing here throws but std::bad_alloc.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace shm {

/// An item that carries its own time, then the value. The stream's timestamp defines the unit: seconds,
/// nanoseconds or another.
template <class T, class Time = std::int64_t>
struct TimeAndValue {
  Time time;
  T value;
};

/// Specialise with `static std::string text()` for a type of your own that Boost.Describe cannot describe.
template <class T>
struct FormatOf;

template <class T>
[[nodiscard]] std::string format_of() {
  return FormatOf<std::remove_cv_t<T>>::text();
}

namespace detail {

/// The format of a struct that is described with BOOST_DESCRIBE_STRUCT. Defined in shm/format/described.hpp.
template <class T>
struct DescribedFormat;

/// std::complex, without its header.
template <class T>
concept ComplexNumber = requires(const T& number) {
  typename T::value_type;
  { number.real() } -> std::convertible_to<typename T::value_type>;
  { number.imag() } -> std::convertible_to<typename T::value_type>;
  requires sizeof(T) == 2 * sizeof(typename T::value_type);
};

template <class T>
constexpr char format_letter() {
  if constexpr (std::is_same_v<T, bool>) {
    return '?';
  } else if constexpr (std::is_floating_point_v<T>) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "long double has no portable format");
    return sizeof(T) == 4 ? 'f' : 'd';
  } else {
    constexpr std::array<char, 9> signed_letters{0, 'b', 'h', 0, 'i', 0, 0, 0, 'q'};
    constexpr std::array<char, 9> unsigned_letters{0, 'B', 'H', 0, 'I', 0, 0, 0, 'Q'};
    static_assert(sizeof(T) <= 8, "integers of more than 64 bits have no portable format");
    return std::is_signed_v<T> ? signed_letters[sizeof(T)] : unsigned_letters[sizeof(T)];
  }
}

inline std::string padding(std::size_t bytes) { return bytes == 0 ? "" : std::to_string(bytes) + "x"; }

/// Shapes are written outermost first: (2,3) for an array of two arrays of three.
inline std::string with_shape(std::size_t n, const std::string& inner) {
  if (!inner.empty() && inner.front() == '(') return "(" + std::to_string(n) + "," + inner.substr(1);
  return "(" + std::to_string(n) + ")" + inner;
}

}  // namespace detail

template <class T>
struct FormatOf {
  static std::string text() {
    if constexpr (std::is_same_v<T, std::byte>) {
      return "<B";
    } else if constexpr (std::is_enum_v<T>) {
      return format_of<std::underlying_type_t<T>>();
    } else if constexpr (std::is_arithmetic_v<T>) {
      return std::string("<") + detail::format_letter<T>();
    } else if constexpr (detail::ComplexNumber<T>) {
      const std::string part = format_of<typename T::value_type>();
      return "T{" + part + ":real:" + part + ":imag:}";
    } else {
      static_assert(
          requires { sizeof(detail::DescribedFormat<T>); },
          "an item is an arithmetic type, std::array, std::complex, TimeAndValue, or a struct described with "
          "BOOST_DESCRIBE_STRUCT (include shm/format/described.hpp); or specialise shm::FormatOf");
      return detail::DescribedFormat<T>::text();
    }
  }
};

template <class T, std::size_t N>
struct FormatOf<std::array<T, N>> {
  static_assert(N > 0);
  static std::string text() { return detail::with_shape(N, format_of<T>()); }
};

template <std::size_t N>
struct FormatOf<std::array<char, N>> {  // text of fixed size, padded with zeros
  static_assert(N > 0);
  static std::string text() { return std::to_string(N) + "s"; }
};

template <class T, class Time>
struct FormatOf<TimeAndValue<T, Time>> {
  static std::string text() {
    using Pair = TimeAndValue<T, Time>;
    static_assert(std::is_standard_layout_v<Pair>);
    return "T{" + format_of<Time>() + ":time:" + detail::padding(offsetof(Pair, value) - sizeof(Time)) +
           format_of<T>() + ":value:" + detail::padding(sizeof(Pair) - offsetof(Pair, value) - sizeof(T)) +
           "}";
  }
};

}  // namespace shm
