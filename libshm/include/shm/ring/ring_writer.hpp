// SPDX-License-Identifier: Apache-2.0

// The writing side of a ring: claim, then publish. No system calls, no allocation, no waiting.
//
//   append n items:   if i+n > reserved: reserved = i+n+ahead     (then a release fence)
//                     write the items into the ring
//                     guard = i+n, newest item, inserted = i+n    (one cache line; inserted last, release)
//
// For example:
//
//   void append_byte(shm::ring::RingWriter& ring, std::byte item) {
//     *ring.claim(1) = item;
//     ring.publish(1);
//   }
//
// One thread at a time. The caller provides the memory: counters anywhere, data mapped twice in a row. Nothing
// here throws.
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

  /// Continues at the counters, also after a writer that died: `inserted` is the count of published items, and
  /// `reserved`, which may be ahead of it, is never lowered.
  RingWriter(layout::RingCounters& counters, std::byte* data, const Geometry& geometry)
      : counters_(&counters),
        data_(data),
        item_bytes_(geometry.item_bytes),
        mask_(geometry.mask()),
        max_claim_(geometry.max_claim),
        ahead_(geometry.ahead),
        // Relaxed: the lock on the stream's file orders one writer after another.
        reserved_(max_of(counters.reserved.load(std::memory_order_relaxed), inserted())) {}

  /// The count of published items, which is the index of the next one. There is no second copy of it: that
  /// would cost each append a store, and a load that waits for it.
  [[nodiscard]] std::uint64_t inserted() const noexcept {
    return counters_->line.inserted.load(std::memory_order_relaxed);  // relaxed: no other thread stores it
  }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return max_claim_; }
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return item_bytes_; }

  /// Contiguous room for the next `count` items. If a claim is not published, the next claim gives the same
  /// room. REQUIRES: count <= max_claim().
  [[nodiscard]] std::byte* claim(std::uint64_t count) noexcept {
    const std::uint64_t next = inserted();
    reserve(next + count);
    return data_ + (next & mask_) * item_bytes_;
  }

  /// Publishes the first `count` items of the claim; returns the new count of items.
  /// REQUIRES: 1 <= count <= the last claim.
  std::uint64_t publish(std::uint64_t count) noexcept {
    const std::uint64_t end = inserted() + count;
    announce(counters_->line, end, data_ + ((end - 1) & mask_) * item_bytes_, item_bytes_);
    return end;
  }

  /// Appends `count` items of item_bytes() each; returns the new count of items.
  /// REQUIRES: 1 <= count <= max_claim().
  std::uint64_t append_step(const std::byte* items, std::uint64_t count) noexcept {
    const std::uint64_t next = inserted();
    reserve(next + count);
    store_items(data_ + (next & mask_) * item_bytes_, items, count * item_bytes_, item_bytes_);
    announce(counters_->line, next + count, items + (count - 1) * item_bytes_, item_bytes_);
    return next + count;
  }

  /// Appends one item whose size the compiler knows: the fastest append. REQUIRES: Bytes == item_bytes().
  template <std::size_t Bytes>
  std::uint64_t append_one(const std::byte* item) noexcept {
    // Loaded once: the compiler cannot know that storing the item leaves counters_ as it is.
    layout::CounterLine& line = counters_->line;
    const std::uint64_t next = line.inserted.load(std::memory_order_relaxed);  // no other thread stores it
    reserve(next + 1);
    store_item<Bytes>(data_ + (next & mask_) * Bytes, item);
    announce(line, next + 1, Bytes <= layout::newest_bytes,
             [item](std::byte* to) { store_item<Bytes>(to, item); });
    return next + 1;
  }

  /// True if `count` more items are reserved already: then claiming them makes no item unreadable.
  [[nodiscard]] bool has_reserved(std::uint64_t count) const noexcept {
    return inserted() + count <= reserved_;
  }
  /// Items below it may be overwritten already.
  [[nodiscard]] std::uint64_t released() const noexcept {
    return reserved_ > mask_ + 1 ? reserved_ - (mask_ + 1) : 0;
  }
  /// An upper bound of released() after `count` more items are appended.
  [[nodiscard]] std::uint64_t released_by(std::uint64_t count) const noexcept {
    const std::uint64_t end = inserted() + count + ahead_;
    return end > mask_ + 1 ? end - (mask_ + 1) : 0;
  }

  /// While inserted() is below the result, single items can be appended without making item `index` or a later
  /// one unreadable.
  [[nodiscard]] std::uint64_t appendable_below(std::uint64_t index) const noexcept {
    return index + (mask_ + 1) - ahead_;
  }
  /// The most items that one append can take without overwriting an item of its own.
  [[nodiscard]] std::uint64_t most_at_once() const noexcept { return mask_ + 1 - ahead_; }

  /// Makes items below `index` unreadable before their slots are needed, since the bytes that they refer to are
  /// about to be overwritten (records). The reservation in the ring of those bytes follows, and its release
  /// fence orders this store with the new bytes. REQUIRES: index <= inserted().
  void release_below(std::uint64_t index) noexcept {
    if (index + mask_ + 1 <= reserved_) return;
    reserved_ = index + mask_ + 1;
    // Relaxed: the release fence in reserve() of the caller's other ring orders it. It pairs with the acquire
    // fence in RingReader::intact: a reader that copied an overwriting byte sees this value or a later one.
    counters_->reserved.store(reserved_, std::memory_order_relaxed);
  }

  /// Makes `index` the next one. The indices in between have no items, and no older item stays readable. For
  /// rings whose indices are numbers with gaps (buckets). REQUIRES: index >= inserted().
  void skip_to(std::uint64_t index) noexcept {
    reserve(index + mask_ + 1);
    // Release: pairs with the acquire load in RingReader::inserted. A reader that sees this count sees the
    // reservation, by which nothing below it is readable.
    counters_->line.inserted.store(index, std::memory_order_release);
  }

 private:
  void reserve(std::uint64_t end) noexcept {
    if (end <= reserved_) [[likely]] {
      return;
    }
    reserved_ = end + ahead_;
    // Relaxed store, then a release fence before the ring bytes that follow. Pairs with the acquire fence in
    // RingReader::intact: a reader that copied such a byte sees this value or a later one.
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
      // The guard is stored before the copy, with a release fence in between. Pairs with the acquire fence in
      // RingReader::guard_is: a reader that copied a byte of this item sees the new guard, and refuses the copy
      // if it expected an older item.
      line.guard.store(inserted, std::memory_order_relaxed);
      release_fence();
      copy_newest(line.newest.data());
    }
    // Release: pairs with the acquire load in RingReader::inserted. A reader that sees the count sees the items
    // below it.
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
