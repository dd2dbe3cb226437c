// The writing side of a ring: claim, publish. No system calls, no allocation, no waiting.
//
//   append n items:   if i+n > reserved: reserved = i+n+ahead     (then a release fence)
//                     write the items into the ring
//                     guard = i+n, newest item, inserted = i+n    (one cache line; inserted last, release)
//
// One thread at a time. The memory is given by the caller: counters anywhere, data mapped twice in a row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

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
        next_(counters.line.inserted.load(std::memory_order_relaxed)),
        reserved_(counters.reserved.load(std::memory_order_relaxed)) {}

  [[nodiscard]] std::uint64_t inserted() const noexcept { return next_; }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return max_claim_; }
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return item_bytes_; }

  /// Room for the next `count` items, contiguous. REQUIRES: count <= max_claim().
  /// A claim that is not published is simply claimed again.
  [[nodiscard]] std::byte* claim(std::uint64_t count) noexcept {
    if (next_ + count > reserved_) [[unlikely]] {
      reserve(next_ + count);
    }
    return data_ + (next_ & mask_) * item_bytes_;
  }

  /// Publishes the first `count` items of the claim. REQUIRES: 1 <= count <= the last claim.
  void publish(std::uint64_t count) noexcept {
    const std::byte* last = data_ + ((next_ + count - 1) & mask_) * item_bytes_;
    announce(next_ + count, last, item_bytes_);
  }

  /// Appends `count` items of item_bytes() each. REQUIRES: 1 <= count <= max_claim().
  void append_step(const std::byte* items, std::uint64_t count) noexcept {
    store_bytes(claim(count), items, count * item_bytes_);
    announce(next_ + count, items + (count - 1) * item_bytes_, item_bytes_);
  }

  /// Appends one item whose size the compiler knows: the shortest way. REQUIRES: Bytes == item_bytes().
  template <std::size_t Bytes>
  void append_one(const std::byte* item) noexcept {
    if (next_ >= reserved_) [[unlikely]] {
      reserve(next_ + 1);
    }
    store_bytes(data_ + (next_ & mask_) * Bytes, item, Bytes);
    announce(next_ + 1, item, Bytes);
  }

 private:
  void reserve(std::uint64_t end) noexcept {
    reserved_ = end + ahead_;
    // Relaxed, and ordered by the fence before the ring bytes that follow: a reader that copied such a byte
    // sees, after its own acquire fence, this value or a later one (RingReader::intact).
    counters_->reserved.store(reserved_, std::memory_order_relaxed);
    release_fence();
  }

  void announce(std::uint64_t inserted, const std::byte* newest, std::size_t bytes) noexcept {
    layout::CounterLine& line = counters_->line;
    if (bytes <= layout::newest_bytes) {
      // The guard goes before the copy: a reader that copied a byte of this item sees the new guard after its
      // acquire fence, and refuses if it expected an older item (RingReader::copy_newest).
      line.guard.store(inserted, std::memory_order_relaxed);
      release_fence();
      store_bytes(line.newest.data(), newest, bytes);
    }
    next_ = inserted;
    // Pairs with the acquire load in RingReader::inserted: who sees the count sees the items below it.
    line.inserted.store(inserted, std::memory_order_release);
  }

  layout::RingCounters* counters_ = nullptr;
  std::byte* data_ = nullptr;
  std::uint64_t item_bytes_ = 0;
  std::uint64_t mask_ = 0;
  std::uint64_t max_claim_ = 0;
  std::uint64_t ahead_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t reserved_ = 0;
};

}  // namespace shm::ring
