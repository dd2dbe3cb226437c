// SPDX-License-Identifier: Apache-2.0

// A lossless reader's claim: items that it has not acknowledged are not overwritten
// (shm/ring/backpressure.hpp). A part of RawReader, also of readers that are not lossless, which hold no
// claim; one thread at a time. Nothing here throws.
#pragma once

#include <atomic>
#include <cstdint>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/ring/backpressure.hpp"
#include "shm/ring/wake.hpp"

namespace shm::detail {

class ReaderRegistration;

class LosslessClaim {
 public:
  LosslessClaim() = default;

  /// Claims the items from `cursor` on, or from the first one that is not released yet: begin() returns
  /// which.
  /// REQUIRES: the registration has a slot, and outlives the claim.
  LosslessClaim(ReaderRegistration& registration, Index cursor, bool acknowledges_reads) noexcept;

  /// The first item that was claimed.
  [[nodiscard]] Index begin() const noexcept { return begin_; }
  /// The first item that is not acknowledged. 0: no claim.
  [[nodiscard]] Index acknowledged() const noexcept { return acknowledged_; }
  /// True if there was a claim, at the last look. It may have been evicted since.
  [[nodiscard]] bool is_made() const noexcept { return number_ != 0; }
  /// True if it holds the writer back. False if it was evicted.
  [[nodiscard]] bool is_held() const noexcept {
    // Relaxed: the word alone counts, no other load depends on it.
    return number_ != 0 && slot_->lossless.load(std::memory_order_relaxed) == number_;
  }
  /// True if the claim was evicted since the last call. It is gone afterwards.
  [[nodiscard]] bool was_evicted() noexcept {
    if (number_ == 0 || is_held()) [[likely]] {
      return false;
    }
    *this = {};
    return true;
  }

  /// The cursor has moved to `cursor`: releases the items before it, if reads acknowledge.
  void after_read(Index cursor) noexcept {
    if (acknowledges_reads_) [[unlikely]] {
      release_below(cursor);
    }
  }
  /// Releases all items below `index`, for ever. REQUIRES: is_made().
  void release_below(Index index) noexcept {
    if (index <= acknowledged_) return;
    acknowledged_ = index;
    ring::acknowledge(*slot_, index);
    if (room_requests_.is_pending(index)) [[unlikely]] {
      wake_writer();
    }
  }

 private:
  SHM_API void wake_writer() noexcept;

  bool acknowledges_reads_ = false;
  std::uint32_t number_ = 0;  // of this claim in its slot, odd; 0: no claim
  Index acknowledged_ = 0;
  Index begin_ = 0;
  layout::ReaderSlot* slot_ = nullptr;
  ring::WakeRequests room_requests_;  // of a writer that is held back
  ReaderRegistration* registration_ = nullptr;
};

}  // namespace shm::detail
