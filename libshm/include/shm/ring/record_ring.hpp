// SPDX-License-Identifier: Apache-2.0

// The writing side of a stream of records. The bytes are in a ring of their own; the items are the entries, one
// for each record. No system calls, no allocation, no waiting.
//
//   claim n bytes:      if they end after `reserved` of the bytes:
//                         items: reserved = releases each record that loses bytes       (release_below)
//                         bytes: reserved = their end and some more         (reserve; then a release fence)
//   write them
//   publish m of them:  bytes: inserted = their end                                     (release)
//                       items: append the entry                               (like any item; inserted last)
//
// One check serves both rings. A reader copies an entry, then its bytes, and then checks the *item*
// (RingReader::intact): if the item is intact, both copies are whole. For if a copied byte belongs to a later
// record, the reader sees the reservation of that byte, and with it the release of the items, which was stored
// before the same fence. `inserted` of the bytes is stored first, so an entry never refers to bytes that are not
// published. If the writer dies in between, it leaves bytes without an entry.
//
// Records begin at multiples of the alignment and take whole units of eight bytes, so that writers and readers
// move the same units (ring/copy.hpp). One thread at a time. Nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "shm/base/min_max.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/copy.hpp"
#include "shm/ring/geometry.hpp"
#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"

namespace shm::ring {

/// The unit in which records are moved, and their least alignment.
inline constexpr std::uint64_t record_unit = 8;

/// `bytes` rounded up to a multiple of `to`, a power of two.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t bytes, std::uint64_t to) noexcept {
  return (bytes + to - 1) & ~(to - 1);
}

/// Copies a record's bytes into the ring. REQUIRES: a record begins at `shared`.
inline void store_record(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  const std::size_t whole = bytes & ~(record_unit - 1);
  store_items(shared, from, whole, record_unit);
  if (whole == bytes) return;
  std::uint64_t last = 0;
  std::memcpy(&last, from + whole, bytes - whole);
  store_unit<std::uint64_t>(shared + whole, last);
}

/// Copies a record's bytes out of the ring. REQUIRES: a record begins at `shared`.
inline void load_record(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  const std::size_t whole = bytes & ~(record_unit - 1);
  load_items(to, shared, whole, record_unit);
  if (whole == bytes) return;
  const auto last = load_unit<std::uint64_t>(shared + whole);
  std::memcpy(to + whole, &last, bytes - whole);
}

/// True if the bytes of an entry lie in the ring of bytes and are published. False: the entry was overwritten
/// while it was copied, or it is damaged; the caller checks whether the item is intact.
template <class Bytes>  // RingReader, or ItemSource
[[nodiscard]] bool leads_to_bytes(const RecordEntry& entry, const Bytes& bytes) noexcept {
  // Acquire (in inserted): pairs with the release of the bytes in RecordRing::publish. If the bytes counted here
  // overwrote those of the entry, the check of the item afterwards sees that the item was released.
  const std::uint64_t inserted = bytes.inserted();
  return entry.begin % record_unit == 0 && entry.begin <= inserted && entry.bytes <= inserted - entry.begin &&
         inserted - entry.begin <= bytes.capacity();
}

class RecordRing {
 public:
  RecordRing() = default;

  /// Continues at the counters of both rings, also after a writer that died. `items` is the ring that claim()
  /// and publish() get. REQUIRES: geometry.item_bytes == 1; alignment is a power of two, record_unit or more.
  RecordRing(const RingReader& items, layout::RingCounters& bytes, std::byte* data, const Geometry& geometry,
             std::uint64_t alignment)
      : items_(items), bytes_(bytes, data, geometry), alignment_(alignment), tail_(items.readable().begin) {}

  /// Position of the next record's first byte.
  [[nodiscard]] std::uint64_t begin() const noexcept { return round_up(bytes_.inserted(), alignment_); }

  /// Items below it are unreadable once a record of `bytes` is claimed and published.
  [[nodiscard]] std::uint64_t released_by(const RingWriter& items, std::uint64_t bytes) const noexcept {
    const std::uint64_t by_entry = items.released_by(1);
    const std::uint64_t claim = with_padding(bytes);
    if (bytes_.has_reserved(claim)) return by_entry;
    return max_of(by_entry, first_surviving(items, bytes_.released_by(claim)));
  }

  /// Contiguous room for a record of up to `bytes`. If a claim is not published, the next claim gives the same
  /// room. REQUIRES: with its padding, the record is no larger than the max_claim of the ring of bytes.
  [[nodiscard]] std::byte* claim(RingWriter& items, std::uint64_t bytes) noexcept {
    const std::uint64_t claim = with_padding(bytes);
    if (!bytes_.has_reserved(claim)) {
      // Before the reservation of the bytes: its release fence orders both with the bytes that follow. Pairs
      // with the acquire fence in RingReader::intact.
      tail_ = first_surviving(items, bytes_.released_by(claim));
      items.release_below(tail_);
    }
    return bytes_.claim(claim) + (begin() - bytes_.inserted());
  }

  /// Publishes the first `bytes` of the claim as a record, with its time if records have one; returns the new
  /// count of items. REQUIRES: bytes <= the last claim.
  std::uint64_t publish(RingWriter& items, std::uint64_t bytes, std::int64_t time) noexcept {
    const RecordEntry entry{begin(), bytes, time};
    // Before the entry. A reader that sees the entry (acquire, RingReader::inserted) sees in leads_to_bytes that
    // its bytes are published.
    if (const std::uint64_t taken = with_padding(bytes); taken > 0) bytes_.publish(taken);
    return items.append_one<sizeof entry>(reinterpret_cast<const std::byte*>(&entry));
  }

 private:
  /// The bytes that a record takes in the ring, from the end of the record before it.
  [[nodiscard]] std::uint64_t with_padding(std::uint64_t bytes) const noexcept {
    return begin() - bytes_.inserted() + round_up(bytes, record_unit);
  }

  /// The first record that has no byte below `position`. From one claim to the next it only grows.
  [[nodiscard]] std::uint64_t first_surviving(const RingWriter& items,
                                              std::uint64_t position) const noexcept {
    const std::uint64_t end = items.inserted();
    std::uint64_t index = max_of(tail_, min_of(items.released(), end));  // older entries may be gone
    while (index < end && begin_of(index) < position) ++index;
    return index;
  }
  [[nodiscard]] std::uint64_t begin_of(std::uint64_t index) const noexcept {
    return load_unit<std::uint64_t>(items_.at(index) + offsetof(RecordEntry, begin));
  }

  RingReader items_;  // the entries, as this writer wrote them
  RingWriter bytes_;
  std::uint64_t alignment_ = record_unit;
  std::uint64_t tail_ = 0;  // items before it may be overwritten, or their bytes may be
};

}  // namespace shm::ring
