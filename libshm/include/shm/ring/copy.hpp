// Copies of items into and out of memory that another process may be writing at the same time. The ring's
// checks decide afterwards whether what was copied counts; these functions only move bytes, without a data
// race (memory.hpp), and as fast as memcpy where it matters: shm-microbench has them side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "shm/ring/memory.hpp"

namespace shm::ring {

/// The widest unit, up to 8 bytes, that every item of this size starts on in its ring: writers and readers
/// then move a byte in the same unit, however many items they move at a time.
[[nodiscard]] constexpr std::size_t unit_of(std::size_t item_bytes) noexcept {
  return (item_bytes | 8) & (~(item_bytes | 8) + 1);
}

namespace detail {

template <class Unit>
inline void store_units(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; i += sizeof(Unit)) {
    Unit unit;
    std::memcpy(&unit, from + i, sizeof unit);
    store_unit<Unit>(shared + i, unit);
  }
}

template <class Unit>
inline void load_units(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; i += sizeof(Unit)) {
    const Unit unit = load_unit<Unit>(shared + i);
    std::memcpy(to + i, &unit, sizeof unit);
  }
}

// Whole blocks; gives how many bytes that was. Four at a time, each in a register of its own.
#ifdef SHM_HAS_BLOCKS
[[nodiscard]] inline Block own_block(const std::byte* from) noexcept {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

inline std::size_t store_blocks(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  std::size_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    const Block a = own_block(from + i), b = own_block(from + i + 16);
    const Block c = own_block(from + i + 32), d = own_block(from + i + 48);
    store_block(shared + i, a), store_block(shared + i + 16, b);
    store_block(shared + i + 32, c), store_block(shared + i + 48, d);
  }
  for (; i + 16 <= bytes; i += 16) store_block(shared + i, own_block(from + i));
  return i;
}

inline std::size_t load_blocks(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  std::size_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    const Block a = load_block(shared + i), b = load_block(shared + i + 16);
    const Block c = load_block(shared + i + 32), d = load_block(shared + i + 48);
    std::memcpy(to + i, &a, sizeof a), std::memcpy(to + i + 16, &b, sizeof b);
    std::memcpy(to + i + 32, &c, sizeof c), std::memcpy(to + i + 48, &d, sizeof d);
  }
  for (; i + 16 <= bytes; i += 16) {
    const Block block = load_block(shared + i);
    std::memcpy(to + i, &block, sizeof block);
  }
  return i;
}
#else
inline std::size_t store_blocks(std::byte*, const std::byte*, std::size_t) noexcept { return 0; }
inline std::size_t load_blocks(std::byte*, const std::byte*, std::size_t) noexcept { return 0; }
#endif

}  // namespace detail

/// `bytes` of items of item_bytes each into the ring. REQUIRES: shared is where an item starts.
inline void store_items(std::byte* shared, const std::byte* from, std::size_t bytes,
                        std::size_t item_bytes) noexcept {
  const std::size_t done = detail::store_blocks(shared, from, bytes);
  shared += done, from += done, bytes -= done;
  switch (unit_of(item_bytes)) {
    case 8:
      return detail::store_units<std::uint64_t>(shared, from, bytes);
    case 4:
      return detail::store_units<std::uint32_t>(shared, from, bytes);
    case 2:
      return detail::store_units<std::uint16_t>(shared, from, bytes);
    default:
      return detail::store_units<std::uint8_t>(shared, from, bytes);
  }
}

/// `bytes` of items of item_bytes each out of the ring. REQUIRES: shared is where an item starts.
inline void load_items(std::byte* to, const std::byte* shared, std::size_t bytes,
                       std::size_t item_bytes) noexcept {
  const std::size_t done = detail::load_blocks(to, shared, bytes);
  to += done, shared += done, bytes -= done;
  switch (unit_of(item_bytes)) {
    case 8:
      return detail::load_units<std::uint64_t>(to, shared, bytes);
    case 4:
      return detail::load_units<std::uint32_t>(to, shared, bytes);
    case 2:
      return detail::load_units<std::uint16_t>(to, shared, bytes);
    default:
      return detail::load_units<std::uint8_t>(to, shared, bytes);
  }
}

}  // namespace shm::ring
