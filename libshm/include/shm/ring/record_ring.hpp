// SPDX-License-Identifier: Apache-2.0

// The writing side of a stream of records: the bytes in a ring of their own, and beside them the items, an
// entry for each record. No system calls, no allocation, no waiting.
//
//   claim n bytes:      if they end behind the bytes' `reserved`:
//                         items' reserved = what gives up every record whose bytes go   (release_below)
//                         bytes' reserved = their end and some more       (reserve; then a release fence)
//   write them
//   publish m of them:  bytes' inserted = their end                                     (release)
//                       append the entry                                  (as any item; inserted last)
//
// One check serves both rings: a reader that copies an entry, then its bytes, and then finds the *item*
// intact (RingReader::intact) has both whole. A byte of a later record means that the reservation of its
// bytes is seen, and with it the release of the items that was stored before the same fence. The bytes'
// `inserted` goes first, so that no entry leads to bytes that are not there; a writer that dies in between
// leaves bytes that nothing leads to.
//
// Records begin at multiples of the alignment and take whole units of eight bytes, so that writers and
// readers move the same units (ring/copy.hpp). One thread at a time.
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

/// What records are moved in, and the least that they are aligned to.
inline constexpr std::uint64_t record_unit = 8;

/// `bytes` rounded up to a multiple of `to`, a power of two.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t bytes, std::uint64_t to) noexcept {
  return (bytes + to - 1) & ~(to - 1);
}

/// A record's bytes into the ring. REQUIRES: shared is where a record begins.
inline void store_record(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  const std::size_t whole = bytes & ~(record_unit - 1);
  store_items(shared, from, whole, record_unit);
  if (whole == bytes) return;
  std::uint64_t last = 0;
  std::memcpy(&last, from + whole, bytes - whole);
  store_unit<std::uint64_t>(shared + whole, last);
}

/// A record's bytes out of the ring. REQUIRES: shared is where a record begins.
inline void load_record(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  const std::size_t whole = bytes & ~(record_unit - 1);
  load_items(to, shared, whole, record_unit);
  if (whole == bytes) return;
  const auto last = load_unit<std::uint64_t>(shared + whole);
  std::memcpy(to + whole, &last, bytes - whole);
}

/// May a record's entry be followed? Its bytes lie in the ring, before what is inserted there. False: it was
/// overwritten, or is damaged; whoever asks then looks whether the item is intact.
template <class Bytes>  // what reads them: a ring, or whatever stands before it
[[nodiscard]] bool leads_to_bytes(const RecordEntry& entry, const Bytes& bytes) noexcept {
  // Acquire (in inserted): pairs with the release in RecordRing::publish. An entry whose bytes are
  // overwritten by what is counted here is seen to be given up, when the item is looked at afterwards.
  const std::uint64_t inserted = bytes.inserted();
  return entry.begin % record_unit == 0 && entry.begin <= inserted && entry.bytes <= inserted - entry.begin &&
         inserted - entry.begin <= bytes.capacity();
}

class RecordRing {
 public:
  RecordRing() = default;

  /// Goes on where the counters of both rings stand, also behind a writer that died. `items` are the same
  /// ring as what claim() and publish() are given. REQUIRES: geometry.item_bytes == 1; alignment is a power
  /// of two, record_unit or more.
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

  /// Room for a record of up to `bytes`, contiguous. A claim that is not published is simply claimed again.
  /// REQUIRES: with what aligns it, it is no more than the ring's max_claim.
  [[nodiscard]] std::byte* claim(RingWriter& items, std::uint64_t bytes) noexcept {
    const std::uint64_t claim = with_padding(bytes);
    if (!bytes_.has_reserved(claim)) {
      // Before the bytes' own reservation, whose release fence orders both with the bytes that follow.
      tail_ = first_surviving(items, bytes_.released_by(claim));
      items.release_below(tail_);
    }
    return bytes_.claim(claim) + (begin() - bytes_.inserted());
  }

  /// Publishes the first `bytes` of the claim as a record, with a time where records carry one; gives the new
  /// count of items. REQUIRES: bytes <= the last claim.
  std::uint64_t publish(RingWriter& items, std::uint64_t bytes, std::int64_t time) noexcept {
    const RecordEntry entry{begin(), bytes, time};
    // Before the entry: who sees it (acquire, RingReader::inserted) sees that its bytes are inserted, in
    // leads_to_bytes.
    if (const std::uint64_t taken = with_padding(bytes); taken > 0) bytes_.publish(taken);
    return items.append_one<sizeof entry>(reinterpret_cast<const std::byte*>(&entry));
  }

 private:
  /// What a record takes of the ring, from where the one before it ended.
  [[nodiscard]] std::uint64_t with_padding(std::uint64_t bytes) const noexcept {
    return begin() - bytes_.inserted() + round_up(bytes, record_unit);
  }

  /// The first record none of whose bytes is below `position`. From one claim to the next it only goes on.
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

  RingReader items_;  // the entries, which we wrote
  RingWriter bytes_;
  std::uint64_t alignment_ = record_unit;
  std::uint64_t tail_ = 0;  // items before it lead to bytes that may be overwritten, or may be themselves
};

}  // namespace shm::ring
