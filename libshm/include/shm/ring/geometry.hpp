// SPDX-License-Identifier: Apache-2.0

// The sizes of a ring, on which writer and readers agree, and how they follow from a user's options.
//
//   shm::ring::Geometry sizes = shm::ring::geometry_for(8, 1000, 64);  // 8 bytes an item, history, max_claim
//   std::uint64_t slots = sizes.capacity;                              // 2048
//
// Pure functions: any thread may call them. Nothing here throws.
#pragma once

#include <bit>
#include <cstdint>

#include "shm/layout/stream_layout.hpp"

namespace shm::ring {

struct Geometry {
  std::uint64_t item_bytes = 0;
  std::uint64_t capacity = 0;   ///< slots, a power of two; capacity >= history + ahead + max_claim
  std::uint64_t history = 0;    ///< newest items that always stay readable
  std::uint64_t max_claim = 0;  ///< most items in one claim or publishing step
  std::uint64_t ahead = 0;      ///< how far `reserved` runs ahead, so that most appends need not write it
  std::uint64_t first_index = 0;

  [[nodiscard]] std::uint64_t data_bytes() const { return capacity * item_bytes; }
  [[nodiscard]] std::uint64_t mask() const { return capacity - 1; }
};

/// The largest ring in bytes that is accepted, whatever the machine has.
inline constexpr std::uint64_t max_ring_bytes = std::uint64_t{1} << 42;

/// How far `reserved` runs ahead. It is stored once in 64 items; for larger items once in 16 KiB, where copying
/// costs far more than the store.
[[nodiscard]] constexpr std::uint64_t ahead_for(std::uint64_t item_bytes) {
  const std::uint64_t items = 16384 / item_bytes;
  return items > 64 ? 64 : items;
}

/// The smallest power of two of slots that holds history, claim and reserve, and fills whole pages.
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
