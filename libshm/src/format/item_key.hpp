// SPDX-License-Identifier: Apache-2.0

// The number inside an item that is its key: its place, its type, and how keys of any type are compared.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "shm/base/saturating.hpp"
#include "shm/format/item_format.hpp"
#include "shm/format/timestamp.hpp"
#include "shm/ring/copy.hpp"

namespace shm::storage {

/// The field that carries the time. @throws InvalidArgument  there is no such number in the format.
[[nodiscard]] const FormatField& key_field(const ItemFormat& format, const Timestamp& timestamp);

/// A key in the common unit: integers as they are, floating-point seconds as nanoseconds. It saturates; NaN gives
/// the largest key.
template <class Number>
[[nodiscard]] std::int64_t key_in_ns(Number number) noexcept {
  if constexpr (std::is_floating_point_v<Number>) {
    const double ns = static_cast<double>(number) * 1e9;
    return std::isnan(ns) ? INT64_MAX : saturating::round(ns);
  } else if constexpr (std::is_same_v<Number, std::uint64_t>) {
    return number > static_cast<std::uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<std::int64_t>(number);
  } else {
    return number;
  }
}

/// Calls use(Number{}) with a number of the type of a format letter.
template <class Use>
decltype(auto) visit_number(char type, Use use) {
  switch (type) {
    case 'b':
      return use(std::int8_t{});
    case 'B':
      return use(std::uint8_t{});
    case 'h':
      return use(std::int16_t{});
    case 'H':
      return use(std::uint16_t{});
    case 'i':
      return use(std::int32_t{});
    case 'I':
      return use(std::uint32_t{});
    case 'Q':
      return use(std::uint64_t{});
    case 'f':
      return use(float{});
    case 'd':
      return use(double{});
    default:
      return use(std::int64_t{});
  }
}

/// The key of an item that may be overwritten at the same time.
/// REQUIRES: a key is aligned to unit_of(item_bytes | offset) at most, and is not shorter than that.
template <class Number>
[[nodiscard]] Number load_key(const std::byte* shared_item, std::size_t offset,
                              std::size_t item_bytes) noexcept {
  Number number;
  // The key is copied like an item that starts at its offset, in the units to which keys are aligned.
  ring::load_items(reinterpret_cast<std::byte*>(&number), shared_item + offset, sizeof number,
                   item_bytes | offset);
  return number;
}

class ItemKey {
 public:
  ItemKey() = default;
  /// @throws InvalidArgument  there is no such number in the format.
  ItemKey(const ItemFormat& format, const Timestamp& timestamp);

  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] char type() const noexcept { return type_; }
  [[nodiscard]] bool is_floating() const noexcept { return type_ == 'f' || type_ == 'd'; }

  template <class Use>
  decltype(auto) visit(Use use) const {
    return visit_number(type_, use);
  }

  /// The key of an item in private memory.
  template <class Number>
  [[nodiscard]] Number get(const std::byte* item) const noexcept {
    Number number;
    std::memcpy(&number, item + offset_, sizeof number);
    return number;
  }

 private:
  std::size_t offset_ = 0;
  char type_ = 'q';
};

}  // namespace shm::storage
