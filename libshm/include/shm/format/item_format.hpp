// SPDX-License-Identifier: Apache-2.0

// The type of an item as text: a PEP 3118 format string, which Python's buffer protocol and numpy read.
//
//   shm::format_of<double>()                      "<d"
//   shm::format_of<std::array<std::int16_t, 2>>() "(2)<h"
//   struct Tick { std::int64_t time; double bid; double ask; };
//   BOOST_DESCRIBE_STRUCT(Tick, (), (time, bid, ask))
//   shm::format_of<Tick>()                        "T{<q:time:<d:bid:<d:ask:}"
//
// Byte order and sizes are always explicit ("<": little endian, standard sizes, no implied padding); padding
// is written as "Nx". ItemFormat takes such a text apart for tools that print any stream. All functions are
// pure.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "shm/base/export.hpp"

namespace shm {

/// An item that carries its own time: seconds, nanoseconds or whatever the stream's timestamp says, then the
/// value.
template <class T, class Time = std::int64_t>
struct TimeAndValue {
  Time time;
  T value;
};

/// One element of a parsed format.
struct SHM_API FormatField {
  std::string name;                 ///< empty for unnamed elements
  char type = 0;                    ///< PEP 3118 letter: ? b B h H i I q Q f d s, or 'T' for a struct
  std::size_t offset = 0;           ///< bytes from the start of what contains it
  std::size_t element_bytes = 0;    ///< size of one element (of a struct: all of it; of 's': the whole text)
  std::vector<std::size_t> shape;   ///< empty: a scalar
  std::vector<FormatField> fields;  ///< of a struct

  [[nodiscard]] std::size_t count() const noexcept;  ///< product of the shape
  [[nodiscard]] std::size_t bytes() const noexcept { return element_bytes * count(); }
  friend bool operator==(const FormatField&, const FormatField&) = default;
};

/// A format text, parsed. Two formats are equal when items of one can be read as items of the other: same
/// types, offsets, shapes and names, however the text is spelled.
class SHM_API ItemFormat {
 public:
  /// @throws InvalidArgument  the text is not a format, or uses what has no fixed little-endian layout.
  explicit ItemFormat(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t item_bytes() const noexcept { return root_.bytes(); }
  [[nodiscard]] const FormatField& root() const noexcept { return root_; }
  friend bool operator==(const ItemFormat& a, const ItemFormat& b) { return a.root_ == b.root_; }

 private:
  std::string text_;
  FormatField root_;
};

/// Specialise with `static std::string text()` for a type of your own that Boost.Describe cannot describe.
template <class T>
struct FormatOf;

template <class T>
[[nodiscard]] std::string format_of() {
  return FormatOf<std::remove_cv_t<T>>::text();
}

namespace detail {

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

template <class T>
std::string described_format() {
  using Members =
      boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;
  static_assert(std::is_standard_layout_v<T>, "describe structs of standard layout only");
  std::string text = "T{";
  std::size_t at = 0;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
    // A standard-layout object is as good as its bytes for measuring where a member lies.
    alignas(T) static const std::array<std::byte, sizeof(T)> image{};
    const T& object = *reinterpret_cast<const T*>(image.data());
    const auto offset = static_cast<std::size_t>(
        reinterpret_cast<const std::byte*>(&(object.*member.pointer)) - image.data());
    text += padding(offset - at) + format_of<Member>() + ":" + member.name + ":";
    at = offset + sizeof(Member);
  });
  return text + padding(sizeof(T) - at) + "}";
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
    } else {
      static_assert(
          boost::describe::has_describe_members<T>::value,
          "an item is an arithmetic type, std::array, std::complex, TimeAndValue, or a struct described "
          "with BOOST_DESCRIBE_STRUCT; or specialise shm::FormatOf");
      return detail::described_format<T>();
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

template <class T>
struct FormatOf<std::complex<T>> {
  static std::string text() { return "T{" + format_of<T>() + ":real:" + format_of<T>() + ":imag:}"; }
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
