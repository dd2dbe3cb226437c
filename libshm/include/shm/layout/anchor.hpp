// SPDX-License-Identifier: Apache-2.0

// An anchor: one entry of a ledger. From item `index` until the next anchor, keys follow a straight line:
//
//   key of item i  =  key + floor((i - index) * key_per_item)          for i >= index
//
// For example, at 8000 items a second:
//
//   shm::Anchor anchor{.index = 80, .key = 1'000'000'000, .key_per_item = 125'000};
//   std::int64_t later = anchor.key_at(160);                      // 1'010'000'000
//   shm::Index second = anchor.first_at_or_after(2'000'000'000);  // 8080
//
// Sampled streams have a slope (1e9 / rate nanoseconds an item, or a fitted one). Events have no slope: all items
// of one append have one key. A published anchor never changes, so the keys of items never change. The struct is
// the bytes of a ledger's items (docs/layout.md). Pure functions: any thread may call them. Nothing here throws.
#pragma once

#include <boost/describe/class.hpp>
#include <cstddef>
#include <cstdint>

#include "shm/base/index_range.hpp"
#include "shm/base/min_max.hpp"
#include "shm/base/saturating.hpp"

namespace shm {

struct Anchor {
  Index index = 0;  ///< of the first item that the anchor is for
  std::int64_t key =
      0;  ///< of that item: nanoseconds of the stream's clock, or any number that never decreases
  double key_per_item = 0;  ///< 0 or more
  float uncertainty = 0;    ///< in units of the key: how far off keys of this line may be; 0: they are exact
  std::uint32_t flags = 0;  ///< begins_run, and the reason in the second byte

  /// The distance from the item before to this one is not known: a gap, a restart, a step of the clock.
  static constexpr std::uint32_t begins_run = 1;

  [[nodiscard]] std::uint8_t reason() const noexcept { return static_cast<std::uint8_t>(flags >> 8); }
  [[nodiscard]] bool is_start() const noexcept { return (flags & begins_run) != 0; }

  /// Key of an item. REQUIRES: i >= index.
  [[nodiscard]] std::int64_t key_at(Index i) const noexcept {
    if (!(key_per_item > 0)) return key;
    // A product that is cut off, not a sum of floating-point numbers: the same on every machine. If the
    // anchor is damaged, or changes while it is read, the product may be any number: the sum saturates.
    const double along = static_cast<double>(static_cast<std::int64_t>(i - index)) * key_per_item;
    return saturating::add_truncated(key, along);
  }

  /// The first item from `index` on whose key is at or after `wanted`; UINT64_MAX if there is none.
  [[nodiscard]] Index first_at_or_after(std::int64_t wanted) const noexcept {
    if (wanted <= key) return index;
    if (!(key_per_item > 0)) return UINT64_MAX;
    // Unsigned: the difference may need 64 bits.
    const auto far =
        static_cast<double>(static_cast<std::uint64_t>(wanted) - static_cast<std::uint64_t>(key));
    const double steps = far / key_per_item;
    constexpr double most = 9e18;
    if (!(steps < most)) return UINT64_MAX;
    // The quotient is right to a few items, unless keys are so large that key_at() saturates. The exact index
    // is searched in strides that double, and then between two of them.
    const Index last = index + min_of<Index>(INT64_MAX, UINT64_MAX - index);
    Index at = index + min_of(static_cast<Index>(steps), last - index);
    Index before = index;
    for (Index step = 1; key_at(at) < wanted; step *= 2) {
      if (at == last) return UINT64_MAX;
      before = at;
      at += min_of(step, last - at);
    }
    Index stride = 1;
    for (; at - before > stride && key_at(at - stride) >= wanted; stride *= 2) at -= stride;
    if (at - before > stride) before = at - stride;
    while (before + 1 < at) {
      const Index middle = before + (at - before) / 2;
      (key_at(middle) < wanted ? before : at) = middle;
    }
    return at;
  }
};
BOOST_DESCRIBE_STRUCT(Anchor, (), (index, key, key_per_item, uncertainty, flags))
static_assert(sizeof(Anchor) == 32);
static_assert(offsetof(Anchor, key) == 8);
static_assert(offsetof(Anchor, key_per_item) == 16);
static_assert(offsetof(Anchor, uncertainty) == 24);
static_assert(offsetof(Anchor, flags) == 28);

}  // namespace shm
