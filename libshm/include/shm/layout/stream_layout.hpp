// SPDX-License-Identifier: Apache-2.0

// The bytes of NAME.stream: structs and offsets only, no code that acts on them. docs/layout.md describes the
// same bytes in words; the static_asserts below compare this file with it. Readers map these bytes read-only.
//
//   0      StreamHeader    written once, before the stream can be seen under its name
//   4096   LiveState       written by the live writer
//   8192   texts           format (PEP 3118) of each ring, then the metadata (JSON), padded to a page
//   ...    ring data       page aligned, a multiple of the page size, so that it can be mapped twice in a row
//
// All numbers are little endian. Atomic members are lock-free and address-free, so they work across
// processes. Any process may read; only the live writer writes. The comments at the operations in ring/ name
// the pairs of operations on atomic members. Nothing here throws.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "shm/layout/atomic.hpp"

namespace shm::layout {

static_assert(std::endian::native == std::endian::little, "the layout is little endian");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

inline constexpr std::array<char, 8> stream_magic{'l', 'i', 'b', 's', 'h', 'm', '\n', '\0'};
inline constexpr std::uint32_t layout_version = 3;
inline constexpr std::uint32_t byte_order_mark = 0x01020304;
inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t max_rings = 4;
inline constexpr std::size_t reader_slots = 256;  ///< readers that a stream lists (control_layout.hpp)
inline constexpr std::size_t newest_bytes = 48;   ///< items up to this size are also in the counter line

/// What a ring contains. Each stream has a ring of items. It may have a ledger and buckets, which map keys to
/// items, and a ring of bytes if its items are records.
enum class RingKind : std::uint32_t {
  none = 0,
  items = 1,
  ledger = 2,   ///< Anchor (shm/layout/anchor.hpp): lines that map keys to indices and back
  buckets = 3,  ///< u64, one for each quantum of the key: the first place whose key is not below it
  bytes = 4,    ///< the bytes of records; the items are their RecordEntry (shm/layout/record_entry.hpp)
};

/// Where a ring is, and its sizes. Never changes once the stream is visible.
struct RingDescriptor {
  RingKind kind;                  //  0
  std::uint32_t item_bytes;       //  4
  std::uint64_t capacity;         //  8  slots, a power of two
  std::uint64_t history;          // 16  newest items that are always readable
  std::uint64_t max_claim;        // 24  most items in one claim (and one publishing step)
  std::uint64_t ahead;            // 32  how far `reserved` runs ahead of what is being written
  std::uint64_t first_index;      // 40  index of the first item ever put into this ring
  std::uint64_t data_offset;      // 48  file offset, page aligned
  std::uint64_t data_bytes;       // 56  capacity * item_bytes, a multiple of the page size
  std::uint64_t counters_offset;  // 64  file offset of its RingCounters
  std::uint64_t format_offset;    // 72  file offset of its PEP 3118 text
  std::uint64_t format_bytes;     // 80
  std::int64_t quantum;           // 88  of a bucket, in units of the key
  std::uint64_t max_record;       // 96  of bytes: the largest record, without what aligns it
  std::array<std::uint8_t, 24> unused;
};
static_assert(sizeof(RingDescriptor) == 128);
static_assert(offsetof(RingDescriptor, capacity) == 8);
static_assert(offsetof(RingDescriptor, history) == 16);
static_assert(offsetof(RingDescriptor, max_claim) == 24);
static_assert(offsetof(RingDescriptor, ahead) == 32);
static_assert(offsetof(RingDescriptor, first_index) == 40);
static_assert(offsetof(RingDescriptor, data_offset) == 48);
static_assert(offsetof(RingDescriptor, data_bytes) == 56);
static_assert(offsetof(RingDescriptor, counters_offset) == 64);
static_assert(offsetof(RingDescriptor, format_offset) == 72);
static_assert(offsetof(RingDescriptor, format_bytes) == 80);
static_assert(offsetof(RingDescriptor, quantum) == 88);
static_assert(offsetof(RingDescriptor, max_record) == 96);

/// Bucket number b = floor(key / quantum) is item b + bucket_bias of its ring: keys may be negative, indices
/// not.
inline constexpr std::uint64_t bucket_bias = std::uint64_t{1} << 62;

enum class TimestampKind : std::uint32_t { none = 0, field = 1, first_element = 2, time_and_value = 3 };

inline constexpr std::uint32_t flag_persistent = 1;  ///< the files outlive a clean close
inline constexpr std::uint32_t flag_lossless = 2;    ///< registered lossless readers hold the writer back

struct StreamHeader {
  std::array<char, 8> magic;                    //   0
  std::uint32_t version;                        //   8
  std::uint32_t byte_order;                     //  12
  std::uint32_t ring_count;                     //  16
  std::uint32_t flags;                          //  20
  std::uint64_t file_bytes;                     //  24
  std::array<std::uint8_t, 16> stream_id;       //  32  random; the control file carries the same
  std::int64_t created_realtime_ns;             //  48
  std::int64_t realtime_minus_clock_ns;         //  56  at creation
  std::int32_t clock_id;                        //  64  as in clock_gettime; 1 = CLOCK_MONOTONIC
  TimestampKind timestamp_kind;                 //  68
  std::uint32_t timestamp_offset;               //  72  byte offset inside the item
  std::uint32_t timestamp_bytes;                //  76
  double sample_rate;                           //  80  items per second, 0 = not a sampled stream
  std::array<char, 64> timestamp_field;         //  88
  std::array<char, 32> unit;                    // 152
  std::uint64_t metadata_offset;                // 184
  std::uint64_t metadata_bytes;                 // 192
  std::array<char, 48> media_type;              // 200  of records: what their bytes are, as text/plain
  std::array<std::uint8_t, 8> unused;           // 248
  std::array<RingDescriptor, max_rings> rings;  // 256
};
static_assert(offsetof(StreamHeader, version) == 8);
static_assert(offsetof(StreamHeader, ring_count) == 16);
static_assert(offsetof(StreamHeader, file_bytes) == 24);
static_assert(offsetof(StreamHeader, stream_id) == 32);
static_assert(offsetof(StreamHeader, created_realtime_ns) == 48);
static_assert(offsetof(StreamHeader, realtime_minus_clock_ns) == 56);
static_assert(offsetof(StreamHeader, clock_id) == 64);
static_assert(offsetof(StreamHeader, timestamp_kind) == 68);
static_assert(offsetof(StreamHeader, timestamp_offset) == 72);
static_assert(offsetof(StreamHeader, sample_rate) == 80);
static_assert(offsetof(StreamHeader, timestamp_field) == 88);
static_assert(offsetof(StreamHeader, unit) == 152);
static_assert(offsetof(StreamHeader, metadata_offset) == 184);
static_assert(offsetof(StreamHeader, metadata_bytes) == 192);
static_assert(offsetof(StreamHeader, media_type) == 200);
static_assert(offsetof(StreamHeader, rings) == 256);
static_assert(sizeof(StreamHeader) == 768);

/// One cache line with the newest item. `guard` is stored first and `inserted` last: if a reader finds both equal
/// to the count that it expects, `newest` is the item before that count.
struct alignas(64) CounterLine {
  Atomic<std::uint64_t> guard;                 //  0
  std::array<std::byte, newest_bytes> newest;  //  8
  Atomic<std::uint64_t> inserted;              // 56  items below it are published
};
static_assert(sizeof(CounterLine) == 64);
static_assert(offsetof(CounterLine, newest) == 8);
static_assert(offsetof(CounterLine, inserted) == 56);

/// The counters of one ring. `reserved` has a line of its own, two lines away: a processor that fetches lines in
/// pairs does not fetch it with the line that readers poll.
struct RingCounters {
  CounterLine line;                            //   0
  std::array<std::byte, 64> gap;               //  64
  alignas(64) Atomic<std::uint64_t> reserved;  // 128  slots below it may be being written
  std::array<std::byte, 120> unused;
};
static_assert(sizeof(RingCounters) == 256);
static_assert(offsetof(RingCounters, reserved) == 128);

enum class StreamState : std::uint32_t { live = 1, ended = 2 };

/// The state of the source, from the producing process to readers that enter.
enum class SourceState : std::uint32_t {
  none = 0,     ///< no source: items come when the writer appends them
  stopped = 1,  ///< waits for a reader to enter
  running = 2,
  failed = 3,  ///< could not start; the reason is in `source_error`
};

struct LiveState {
  // The writer. Diagnostic, except `state`.
  Atomic<StreamState> state;               //    0
  Atomic<std::int32_t> writer_pid;         //    4
  Atomic<std::uint64_t> epoch;             //    8  counts writers: 1 for the first
  Atomic<std::int64_t> epoch_realtime_ns;  //   16
  Atomic<std::uint32_t> writer_fences;     //   24  1: no membarrier, the writer fences itself
  std::uint32_t unused0;                   //   28
  std::array<char, 64> writer_program;     //   32
  std::array<std::byte, 160> unused1;      //   96
  // Sleepers.
  alignas(128) Atomic<std::uint32_t> wake_count;  //  256  futex: readers sleep on it
  std::array<std::byte, 124> unused2;
  // The source.
  alignas(128) Atomic<SourceState> source_state;  //  384
  Atomic<std::uint32_t> demand_answered;          //  388  futex: the last request that was answered
  std::array<char, 248> source_error;             //  392
  // What lossless readers allow (ring/backpressure.hpp).
  alignas(128) Atomic<std::uint64_t> released;   //  640  items below it may be overwritten
  Atomic<std::uint64_t> needed;                  //  648  items below it must be released for the writer to go
                                                 //       on; 0: it is not held back
  Atomic<std::uint64_t> dropped_items;           //  656  new items that were not appended: the ring was full
  std::array<std::byte, 360> unused3;            //  664
  std::array<RingCounters, max_rings> counters;  // 1024
};
static_assert(offsetof(LiveState, writer_pid) == 4);
static_assert(offsetof(LiveState, epoch) == 8);
static_assert(offsetof(LiveState, epoch_realtime_ns) == 16);
static_assert(offsetof(LiveState, writer_fences) == 24);
static_assert(offsetof(LiveState, writer_program) == 32);
static_assert(offsetof(LiveState, wake_count) == 256);
static_assert(offsetof(LiveState, source_state) == 384);
static_assert(offsetof(LiveState, demand_answered) == 388);
static_assert(offsetof(LiveState, source_error) == 392);
static_assert(offsetof(LiveState, released) == 640);
static_assert(offsetof(LiveState, needed) == 648);
static_assert(offsetof(LiveState, dropped_items) == 656);
static_assert(offsetof(LiveState, counters) == 1024);
static_assert(sizeof(LiveState) == 2048);

inline constexpr std::size_t live_state_offset = page_bytes;
inline constexpr std::size_t texts_offset = 2 * page_bytes;

/// The writer is alive while it holds an OFD write lock on this byte of NAME.stream (far beyond its end). The
/// kernel releases the lock when the writer dies.
inline constexpr std::int64_t writer_lock_offset = std::int64_t{1} << 62;

}  // namespace shm::layout
