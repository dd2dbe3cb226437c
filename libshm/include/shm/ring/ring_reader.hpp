// SPDX-License-Identifier: Apache-2.0

// The reading side of a ring: read, then validate. It makes no system calls and has no state of its own: the
// cursor is the caller's.
//
//   read [a,b):       b <= inserted         (acquire), else: not yet
//                     copy, or look in place
//                     acquire fence, then reserved - capacity <= a, else: overwritten
//
// For example:
//
//   bool copy_newest(const shm::ring::RingReader& ring, std::byte* item) {
//     const shm::Index end = ring.inserted();
//     return end > 0 && ring.copy(end - 1, 1, item);
//   }
//
// Any number of threads and processes may read; the memory may be mapped read-only. Nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shm/base/index_range.hpp"
#include "shm/base/min_max.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/copy.hpp"
#include "shm/ring/geometry.hpp"

namespace shm::ring {

class RingReader {
 public:
  RingReader() = default;

  RingReader(const layout::RingCounters& counters, const std::byte* data, const Geometry& geometry)
      : counters_(&counters),
        data_(data),
        item_bytes_(geometry.item_bytes),
        mask_(geometry.mask()),
        capacity_(geometry.capacity),
        history_(geometry.history),
        first_index_(geometry.first_index) {}

  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return item_bytes_; }
  [[nodiscard]] std::uint64_t history() const noexcept { return history_; }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

  /// The count of published items. Pairs with the release store in RingWriter::announce.
  [[nodiscard]] std::uint64_t inserted() const noexcept {
    return counters_->line.inserted.load(std::memory_order_acquire);
  }

  /// The lowest index that is readable at the moment of the call; it may be overwritten a moment later.
  [[nodiscard]] std::uint64_t oldest() const noexcept {
    // Relaxed: intact() puts an acquire fence before this load, which pairs with the release fence in
    // RingWriter::reserve. Without that fence the result is only a hint.
    const std::uint64_t reserved = counters_->reserved.load(std::memory_order_relaxed);
    const std::uint64_t safe = reserved > capacity_ ? reserved - capacity_ : 0;
    return max_of(safe, first_index_);
  }

  /// The readable items at the moment of the call. If the counters are damaged, still no more than
  /// capacity().
  [[nodiscard]] IndexRange readable() const noexcept {
    const Index end = inserted();
    const Index held = end > capacity_ ? end - capacity_ : 0;
    return {min_of(max_of(oldest(), held), end), end};
  }

  /// The slot of item `index`, whether or not it still has that item. Up to capacity() items follow it
  /// contiguously.
  [[nodiscard]] const std::byte* at(std::uint64_t index) const noexcept {
    return data_ + (index & mask_) * item_bytes_;
  }

  /// After items from `first` on were read: was none of them overwritten before the last byte was read?
  [[nodiscard]] bool intact(std::uint64_t first) const noexcept {
    // Pairs with the release fence in RingWriter::reserve. If a byte that was read belongs to a later item, the
    // load of `reserved` in oldest() sees the reservation of that item.
    acquire_fence();
    return oldest() <= first;
  }

  /// Copies [first, first + count). False: some of it was overwritten, and the copy is worth nothing.
  /// REQUIRES: first + count <= inserted(), count <= capacity().
  [[nodiscard]] bool copy(std::uint64_t first, std::uint64_t count, std::byte* to) const noexcept {
    load_items(to, at(first), count * item_bytes_, item_bytes_);
    return intact(first);
  }

  /// The same for one item whose size the compiler knows. REQUIRES: Bytes == item_bytes().
  template <std::size_t Bytes>
  [[nodiscard]] bool copy_one(std::uint64_t index, std::byte* to) const noexcept {
    load_item<Bytes>(to, data_ + (index & mask_) * Bytes);
    return intact(index);
  }

  /// Copies the newest item out of the counter line, if it is item inserted - 1 and whole.
  /// REQUIRES: inserted came from inserted(), bytes == item_bytes() <= newest_bytes.
  [[nodiscard]] bool copy_newest(std::uint64_t inserted, std::byte* to, std::size_t bytes) const noexcept {
    load_items(to, counters_->line.newest.data(), bytes, bytes);
    return guard_is(inserted);
  }

  /// The same for an item whose size the compiler knows. REQUIRES: Bytes == item_bytes() <= newest_bytes.
  template <std::size_t Bytes>
  [[nodiscard]] bool copy_newest(std::uint64_t inserted, std::byte* to) const noexcept {
    load_item<Bytes>(to, counters_->line.newest.data());
    return guard_is(inserted);
  }

  /// Prefetches the cache lines of item `index`. A spinning reader of larger items overlaps their transfers.
  void prefetch(std::uint64_t index) const noexcept {
    const std::byte* item = at(index);
    const std::size_t lines = min_of<std::size_t>((item_bytes_ + 63) / 64, 8);
    for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(item + i * 64);
  }

 private:
  /// After copying the newest item: was it the one before this count?
  [[nodiscard]] bool guard_is(std::uint64_t inserted) const noexcept {
    // Pairs with the release fence in RingWriter::announce. If a copied byte belongs to a later item, the load
    // below sees the guard of that item.
    acquire_fence();
    return counters_->line.guard.load(std::memory_order_relaxed) == inserted;
  }

  const layout::RingCounters* counters_ = nullptr;
  const std::byte* data_ = nullptr;
  std::uint64_t item_bytes_ = 0;
  std::uint64_t mask_ = 0;
  std::uint64_t capacity_ = 0;
  std::uint64_t history_ = 0;
  std::uint64_t first_index_ = 0;
};

}  // namespace shm::ring
