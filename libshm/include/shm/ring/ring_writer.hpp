// SPDX-License-Identifier: Apache-2.0

// The writing side of a ring: claim, publish. No system calls, no allocation, no waiting.
//
//   append n items:   if i+n > reserved: reserved = i+n+ahead     (then a release fence)
//                     write the items into the ring
//                     guard = i+n, newest item, inserted = i+n    (one cache line; inserted last, release)
//
// One thread at a time. The memory is given by the caller: counters anywhere, data mapped twice in a row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shm/base/min_max.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/copy.hpp"
#include "shm/ring/geometry.hpp"

namespace shm::ring {

class RingWriter {
 public:
  RingWriter() = default;

  /// Goes on where the counters stand, also behind a writer that died: `inserted` is what was published, and
  /// `reserved`, which may be ahead of it, is never lowered.
  RingWriter(layout::RingCounters& counters, std::byte* data, const Geometry& geometry)
      : counters_(&counters),
        data_(data),
        item_bytes_(geometry.item_bytes),
        mask_(geometry.mask()),
        max_claim_(geometry.max_claim),
        ahead_(geometry.ahead),
        reserved_(max_of(counters.reserved.load(std::memory_order_relaxed), inserted())) {}

  /// The count of published items, which is the index of the next. Kept nowhere else: a copy of our own would
  /// cost each append a store and a wait for it.
  [[nodiscard]] std::uint64_t inserted() const noexcept {
    return counters_->line.inserted.load(std::memory_order_relaxed);  // only we write it
  }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return max_claim_; }
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return item_bytes_; }

  /// Room for the next `count` items, contiguous. REQUIRES: count <= max_claim().
  /// A claim that is not published is simply claimed again.
  [[nodiscard]] std::byte* claim(std::uint64_t count) noexcept {
    const std::uint64_t next = inserted();
    reserve(next + count);
    return data_ + (next & mask_) * item_bytes_;
  }

  /// Publishes the first `count` items of the claim; gives the new count of items.
  /// REQUIRES: 1 <= count <= the last claim.
  std::uint64_t publish(std::uint64_t count) noexcept {
    const std::uint64_t end = inserted() + count;
    announce(counters_->line, end, data_ + ((end - 1) & mask_) * item_bytes_, item_bytes_);
    return end;
  }

  /// Appends `count` items of item_bytes() each; gives the new count of items. REQUIRES: 1 <= count <=
  /// max_claim().
  std::uint64_t append_step(const std::byte* items, std::uint64_t count) noexcept {
    const std::uint64_t next = inserted();
    reserve(next + count);
    store_items(data_ + (next & mask_) * item_bytes_, items, count * item_bytes_, item_bytes_);
    announce(counters_->line, next + count, items + (count - 1) * item_bytes_, item_bytes_);
    return next + count;
  }

  /// Appends one item whose size the compiler knows: the shortest way. REQUIRES: Bytes == item_bytes().
  template <std::size_t Bytes>
  std::uint64_t append_one(const std::byte* item) noexcept {
    layout::CounterLine& line =
        counters_->line;  // once: for all the compiler knows, the item may overwrite us
    const std::uint64_t next = line.inserted.load(std::memory_order_relaxed);
    reserve(next + 1);
    store_item<Bytes>(data_ + (next & mask_) * Bytes, item);
    announce(line, next + 1, Bytes <= layout::newest_bytes,
             [item](std::byte* to) { store_item<Bytes>(to, item); });
    return next + 1;
  }

  /// Are `count` more items reserved already, so that claiming them makes no item unreadable?
  [[nodiscard]] bool has_reserved(std::uint64_t count) const noexcept {
    return inserted() + count <= reserved_;
  }
  /// Items below it may be overwritten already.
  [[nodiscard]] std::uint64_t released() const noexcept {
    return reserved_ > mask_ + 1 ? reserved_ - (mask_ + 1) : 0;
  }
  /// What appending `count` more items makes it at most.
  [[nodiscard]] std::uint64_t released_by(std::uint64_t count) const noexcept {
    const std::uint64_t end = inserted() + count + ahead_;
    return end > mask_ + 1 ? end - (mask_ + 1) : 0;
  }

  /// Single items may be appended while inserted() is below this, and items from `index` on stay readable.
  [[nodiscard]] std::uint64_t appendable_below(std::uint64_t index) const noexcept {
    return index + (mask_ + 1) - ahead_;
  }
  /// The most items that can be appended with none of those lost that are there when it begins.
  [[nodiscard]] std::uint64_t most_at_once() const noexcept { return mask_ + 1 - ahead_; }

  /// Gives items below `index` up before their slots are needed: what they lead to goes (bytes of records).
  /// Ordered with the writing of what comes in its place by the release fence of that ring's reservation,
  /// which follows. REQUIRES: index <= inserted().
  void release_below(std::uint64_t index) noexcept {
    if (index + mask_ + 1 <= reserved_) return;
    reserved_ = index + mask_ + 1;
    // Relaxed, and ordered by the fence that the caller's other ring makes: a reader that copied what was
    // overwritten sees, after its own acquire fence, this value or a later one (RingReader::intact).
    counters_->reserved.store(reserved_, std::memory_order_relaxed);
  }

  /// Makes `index` the next one: the items between are none, and of the older ones none stays readable. For a
  /// ring whose indices mean something (buckets), and leap. REQUIRES: index >= inserted().
  void skip_to(std::uint64_t index) noexcept {
    reserve(index + mask_ + 1);
    // Pairs as in announce: who sees this count sees the reservation, which says that nothing below it is
    // left.
    counters_->line.inserted.store(index, std::memory_order_release);
  }

 private:
  void reserve(std::uint64_t end) noexcept {
    if (end <= reserved_) [[likely]] {
      return;
    }
    reserved_ = end + ahead_;
    // Relaxed, and ordered by the fence before the ring bytes that follow: a reader that copied such a byte
    // sees, after its own acquire fence, this value or a later one (RingReader::intact).
    counters_->reserved.store(reserved_, std::memory_order_relaxed);
    release_fence();
  }

  static void announce(layout::CounterLine& line, std::uint64_t inserted, const std::byte* newest,
                       std::size_t bytes) noexcept {
    announce(line, inserted, bytes <= layout::newest_bytes,
             [newest, bytes](std::byte* to) { store_items(to, newest, bytes, bytes); });
  }

  template <class CopyNewest>
  [[gnu::always_inline]] static void announce(layout::CounterLine& line, std::uint64_t inserted,
                                              bool newest_rides_along, CopyNewest copy_newest) noexcept {
    if (newest_rides_along) {
      // The guard goes before the copy: a reader that copied a byte of this item sees the new guard after its
      // acquire fence, and refuses if it expected an older item (RingReader::copy_newest).
      line.guard.store(inserted, std::memory_order_relaxed);
      release_fence();
      copy_newest(line.newest.data());
    }
    // Pairs with the acquire load in RingReader::inserted: who sees the count sees the items below it.
    line.inserted.store(inserted, std::memory_order_release);
  }

  layout::RingCounters* counters_ = nullptr;
  std::byte* data_ = nullptr;
  std::uint64_t item_bytes_ = 0;
  std::uint64_t mask_ = 0;
  std::uint64_t max_claim_ = 0;
  std::uint64_t ahead_ = 0;
  std::uint64_t reserved_ = 0;
};

}  // namespace shm::ring
