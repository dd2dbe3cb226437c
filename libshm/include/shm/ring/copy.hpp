// SPDX-License-Identifier: Apache-2.0

// Copies of items into and out of memory that another process may write at the same time. These functions only
// move bytes, without a data race (shared_memory_ops.hpp). The ring checks afterwards whether the copy is whole
// (RingReader::intact). For large items they are as fast as memcpy: shm-microbench measures both.
//
// For example:
//
//   void copy_item_of_8_bytes(std::byte* to, const std::byte* slot) {
//     shm::ring::load_item<8>(to, slot);
//   }
//
// Any thread may call them; nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "shm/ring/shared_memory_ops.hpp"

namespace shm::ring {

/// The widest unit, up to 8 bytes, to which every item of this size is aligned in its ring. Writers and readers
/// then move each byte in the same unit, for any number of items at a time.
[[nodiscard]] constexpr std::size_t unit_of(std::size_t item_bytes) noexcept {
  return (item_bytes | 8) & (~(item_bytes | 8) + 1);
}

namespace detail {

inline constexpr std::size_t most_inline_bytes = 64;

template <std::size_t ItemBytes>
using UnitOf = std::conditional_t<
    unit_of(ItemBytes) == 8, std::uint64_t,
    std::conditional_t<unit_of(ItemBytes) == 4, std::uint32_t,
                       std::conditional_t<unit_of(ItemBytes) == 2, std::uint16_t, std::uint8_t>>>;

template <class Unit>
inline void store_unit_at(std::byte* shared, const std::byte* from, std::size_t at) noexcept {
  Unit unit;
  std::memcpy(&unit, from + at, sizeof unit);
  store_unit<Unit>(shared + at, unit);
}

template <class Unit>
inline void load_unit_at(std::byte* to, const std::byte* shared, std::size_t at) noexcept {
  const Unit unit = load_unit<Unit>(shared + at);
  std::memcpy(to + at, &unit, sizeof unit);
}

template <class Unit>
inline void store_units(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; i += sizeof(Unit)) store_unit_at<Unit>(shared, from, i);
}

template <class Unit>
inline void load_units(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; i += sizeof(Unit)) load_unit_at<Unit>(to, shared, i);
}

#ifdef SHM_HAS_BLOCKS
inline constexpr std::size_t block_bytes = 16;
[[nodiscard]] constexpr std::size_t blocks_in(std::size_t bytes) noexcept { return bytes / block_bytes; }

[[nodiscard]] inline Block own_block(const std::byte* from) noexcept {
  Block block;
  std::memcpy(&block, from, sizeof block);
  return block;
}
inline void store_block_at(std::byte* shared, const std::byte* from, std::size_t at) noexcept {
  store_block(shared + at, own_block(from + at));
}
inline void load_block_at(std::byte* to, const std::byte* shared, std::size_t at) noexcept {
  const Block block = load_block(shared + at);
  std::memcpy(to + at, &block, sizeof block);
}

inline std::size_t copy_wide([[maybe_unused]] std::byte* to, [[maybe_unused]] const std::byte* from,
                             [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef SHM_HAS_WIDE_BLOCKS
  return copy_wide_blocks(to, from, bytes);
#else
  return 0;
#endif
}

// Copies whole blocks, four at a time, each in a register of its own; returns the number of bytes.
inline std::size_t store_blocks(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  std::size_t i = copy_wide(shared, from, bytes);
  for (; i + 64 <= bytes; i += 64) {
    const Block a = own_block(from + i), b = own_block(from + i + 16);
    const Block c = own_block(from + i + 32), d = own_block(from + i + 48);
    store_block(shared + i, a), store_block(shared + i + 16, b);
    store_block(shared + i + 32, c), store_block(shared + i + 48, d);
  }
  for (; i + 16 <= bytes; i += 16) store_block_at(shared, from, i);
  return i;
}

inline std::size_t load_blocks(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  std::size_t i = copy_wide(to, shared, bytes);
  for (; i + 64 <= bytes; i += 64) {
    const Block a = load_block(shared + i), b = load_block(shared + i + 16);
    const Block c = load_block(shared + i + 32), d = load_block(shared + i + 48);
    std::memcpy(to + i, &a, sizeof a), std::memcpy(to + i + 16, &b, sizeof b);
    std::memcpy(to + i + 32, &c, sizeof c), std::memcpy(to + i + 48, &d, sizeof d);
  }
  for (; i + 16 <= bytes; i += 16) load_block_at(to, shared, i);
  return i;
}
#else
inline constexpr std::size_t block_bytes = 0;
[[nodiscard]] constexpr std::size_t blocks_in(std::size_t) noexcept { return 0; }

inline void store_block_at(std::byte*, const std::byte*, std::size_t) noexcept {}
inline void load_block_at(std::byte*, const std::byte*, std::size_t) noexcept {}
inline std::size_t store_blocks(std::byte*, const std::byte*, std::size_t) noexcept { return 0; }
inline std::size_t load_blocks(std::byte*, const std::byte*, std::size_t) noexcept { return 0; }
#endif

}  // namespace detail

/// Copies `bytes` bytes of items of item_bytes each into the ring. REQUIRES: an item starts at `shared`.
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

/// Copies `bytes` bytes of items of item_bytes each out of the ring. REQUIRES: an item starts at `shared`.
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

/// The same for one item whose size the compiler knows: small items take no call and no loop.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void store_item(std::byte* shared, const std::byte* from) noexcept {
  if constexpr (Bytes <= detail::most_inline_bytes) {
    constexpr std::size_t blocks = detail::blocks_in(Bytes);
    using Unit = detail::UnitOf<Bytes>;
    constexpr std::size_t done = blocks * detail::block_bytes;
    [&]<std::size_t... B, std::size_t... U>(std::index_sequence<B...>, std::index_sequence<U...>) {
      (detail::store_block_at(shared, from, B * detail::block_bytes), ...);
      (detail::store_unit_at<Unit>(shared, from, done + U * sizeof(Unit)), ...);
    }
    (std::make_index_sequence<blocks>(), std::make_index_sequence<(Bytes - done) / sizeof(Unit)>());
  } else {
    store_items(shared, from, Bytes, Bytes);
  }
}

template <std::size_t Bytes>
[[gnu::always_inline]] inline void load_item(std::byte* to, const std::byte* shared) noexcept {
  if constexpr (Bytes <= detail::most_inline_bytes) {
    constexpr std::size_t blocks = detail::blocks_in(Bytes);
    using Unit = detail::UnitOf<Bytes>;
    constexpr std::size_t done = blocks * detail::block_bytes;
    [&]<std::size_t... B, std::size_t... U>(std::index_sequence<B...>, std::index_sequence<U...>) {
      (detail::load_block_at(to, shared, B * detail::block_bytes), ...);
      (detail::load_unit_at<Unit>(to, shared, done + U * sizeof(Unit)), ...);
    }
    (std::make_index_sequence<blocks>(), std::make_index_sequence<(Bytes - done) / sizeof(Unit)>());
  } else {
    load_items(to, shared, Bytes, Bytes);
  }
}

}  // namespace shm::ring
