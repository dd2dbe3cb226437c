// SPDX-License-Identifier: Apache-2.0

// The bytes of NAME.control, which readers may write. There is no data here, and the writer trusts it as little as
// it can: a broken reader can at worst cause needless wakes, hide itself from listings, start a source, or hold
// back a lossless stream until it is evicted.
//
//   0      ControlHeader
//   4096   ReaderSlot[256]    slot i belongs to the reader that holds the OFD write lock on its first byte
//
// Any process with permission may read and write. The comments at the operations in ring/ name the pairs of
// operations on atomic members. Structs alone: nothing here throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shm/layout/atomic.hpp"
#include "shm/layout/stream_layout.hpp"

namespace shm::layout {

inline constexpr std::array<char, 8> control_magic{'s', 'h', 'm', 'c', 't', 'r', 'l', '\n'};
inline constexpr std::uint64_t wake_nobody = UINT64_MAX;

struct ControlHeader {
  std::array<char, 8> magic;               //   0
  std::uint32_t version;                   //   8  layout_version
  std::uint32_t slot_count;                //  12
  std::uint32_t slot_bytes;                //  16
  std::uint32_t unused0;                   //  20
  std::array<std::uint8_t, 16> stream_id;  //  24  must be that of NAME.stream
  std::array<std::byte, 88> unused1;       //  40
  /// The lowest index that a sleeping reader waits for. The writer wakes when inserted > wake_at.
  alignas(128) Atomic<std::uint64_t> wake_at;  // 128
  std::array<std::byte, 56> unused2;
  /// A request whose membarrier is done, for readers that fall asleep later (ring/wake.hpp). 0: no request.
  alignas(64) Atomic<std::uint64_t> standing_request;  // 192, a line that the writer does not look at
  std::array<std::byte, 56> unused4;
  /// The count of enters and exits. The producing process sleeps on it.
  alignas(128) Atomic<std::uint32_t> demand_count;  // 256, futex
  std::array<std::byte, 124> unused3;
  /// A writer that is held back stores the index here up to which it needs items to be acknowledged.
  alignas(128) Atomic<std::uint64_t> room_at;  // 384
  /// The count of wakes of the writer, which sleeps on it.
  Atomic<std::uint32_t> room_count;  // 392, futex
  std::array<std::byte, 116> unused5;
  /// Bit i % 64 of word i / 64: the reader in slot i is, or once was, a lossless one.
  alignas(128) std::array<Atomic<std::uint64_t>, reader_slots / 64> lossless_slots;  // 512
  std::array<std::byte, 96> unused6;
};
static_assert(offsetof(ControlHeader, slot_count) == 12);
static_assert(offsetof(ControlHeader, slot_bytes) == 16);
static_assert(offsetof(ControlHeader, stream_id) == 24);
static_assert(offsetof(ControlHeader, wake_at) == 128);
static_assert(offsetof(ControlHeader, standing_request) == 192);
static_assert(offsetof(ControlHeader, demand_count) == 256);
static_assert(offsetof(ControlHeader, room_at) == 384);
static_assert(offsetof(ControlHeader, room_count) == 392);
static_assert(offsetof(ControlHeader, lossless_slots) == 512);
static_assert(sizeof(ControlHeader) == 640);

struct ReaderSlot {
  // Written by the reader as it reads.
  Atomic<std::uint64_t> cursor;        //   0  index of the next item that it will read
  Atomic<std::uint64_t> lost_items;    //   8  overwritten before it came to read them
  Atomic<std::uint64_t> lost_ranges;   //  16  on how many occasions
  Atomic<std::uint64_t> acknowledged;  //  24  lossless: it needs no item below this one any more
  Atomic<std::uint32_t> lossless;      //  32  counts: odd while its reader holds the writer back
  std::array<std::byte, 28> unused0;   //  36
  // Written when it attaches, enters and exits.
  Atomic<std::uint32_t> taken;                //  64  1 while a reader describes itself here
  Atomic<std::uint32_t> entered;              //  68  1 while it wants the source to run
  Atomic<std::int32_t> pid;                   //  72
  Atomic<std::uint32_t> enters;               //  76  how often a reader in this slot entered
  Atomic<std::int64_t> attached_realtime_ns;  //  80
  std::array<char, 64> program;               //  88
  std::array<char, 64> name;                  // 152
  std::array<std::byte, 40> unused2;          // 216
};
static_assert(offsetof(ReaderSlot, lost_items) == 8);
static_assert(offsetof(ReaderSlot, lost_ranges) == 16);
static_assert(offsetof(ReaderSlot, acknowledged) == 24);
static_assert(offsetof(ReaderSlot, lossless) == 32);
static_assert(offsetof(ReaderSlot, taken) == 64);
static_assert(offsetof(ReaderSlot, entered) == 68);
static_assert(offsetof(ReaderSlot, pid) == 72);
static_assert(offsetof(ReaderSlot, enters) == 76);
static_assert(offsetof(ReaderSlot, attached_realtime_ns) == 80);
static_assert(offsetof(ReaderSlot, program) == 88);
static_assert(offsetof(ReaderSlot, name) == 152);
static_assert(sizeof(ReaderSlot) == 256);

inline constexpr std::size_t reader_slots_offset = 4096;
inline constexpr std::size_t control_file_bytes = reader_slots_offset + reader_slots * sizeof(ReaderSlot);

}  // namespace shm::layout
