// SPDX-License-Identifier: Apache-2.0

// How a ring is cut: the sizes that writer and readers agree on, and how they follow from what a user asks
// for.
#pragma once

#include <bit>
#include <cstdint>

#include "shm/layout/stream_layout.hpp"

namespace shm::ring {

struct Geometry {
  std::uint64_t item_bytes = 0;
  std::uint64_t capacity = 0;   ///< slots, a power of two; capacity >= history + ahead + max_claim
  std::uint64_t history = 0;    ///< newest items that stay readable whatever the writer does
  std::uint64_t max_claim = 0;  ///< most items in one claim or publishing step
  std::uint64_t ahead = 0;      ///< how far `reserved` runs ahead, so that most appends need not write it
  std::uint64_t first_index = 0;

  [[nodiscard]] std::uint64_t data_bytes() const { return capacity * item_bytes; }
  [[nodiscard]] std::uint64_t mask() const { return capacity - 1; }
};

/// The largest ring in bytes that is accepted, whatever the machine has.
inline constexpr std::uint64_t max_ring_bytes = std::uint64_t{1} << 42;

/// `reserved` is written once in 64 items, or once in 16 KiB for larger items: there its cost drowns in the
/// copy.
[[nodiscard]] constexpr std::uint64_t ahead_for(std::uint64_t item_bytes) {
  const std::uint64_t items = 16384 / item_bytes;
  return items > 64 ? 64 : items;
}

/// The smallest power of two of slots that holds what is asked for and fills whole pages.
/// REQUIRES: item_bytes >= 1, history >= 1, max_claim >= 1, and the sum far below 2^63 bytes; page_bytes is
/// the machine's, a power of two.
[[nodiscard]] constexpr Geometry geometry_for(std::uint64_t item_bytes, std::uint64_t history,
                                              std::uint64_t max_claim,
                                              std::uint64_t page_bytes = layout::page_bytes) {
  const std::uint64_t ahead = ahead_for(item_bytes);
  const std::uint64_t lowest_bit = item_bytes & (~item_bytes + 1);
  const std::uint64_t slots_for_pages = lowest_bit >= page_bytes ? 1 : page_bytes / lowest_bit;
  std::uint64_t capacity = std::bit_ceil(history + ahead + max_claim);
  if (capacity < slots_for_pages) capacity = slots_for_pages;
  return {item_bytes, capacity, history, max_claim, ahead, 0};
}

}  // namespace shm::ring
