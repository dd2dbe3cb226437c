// SPDX-License-Identifier: Apache-2.0

// The position of a reader, and its losses. Both are mirrored into the reader's slot of the control file,
// where other processes see them (`shm info`). A part of RawReader; one thread at a time. Nothing here
// throws.
#pragma once

#include <atomic>
#include <cstdint>

#include "shm/base/index_range.hpp"
#include "shm/layout/control_layout.hpp"

namespace shm::detail {

class ReaderCursor {
 public:
  /// `slot` must live as long as the cursor uses it.
  explicit ReaderCursor(layout::ReaderSlot& slot) noexcept : slot_(&slot) {}

  [[nodiscard]] Index index() const noexcept { return index_; }
  void move_to(Index index) noexcept {
    index_ = index;
    slot_->cursor.store(index, std::memory_order_relaxed);  // diagnostic: ordered with nothing
  }

  /// The items from here to `resume` are lost: counts them, and moves there. A `resume` before the cursor is the
  /// cursor.
  void lose_until(Index resume) noexcept {
    last_lost_ = {index_, resume > index_ ? resume : index_};
    move_to(last_lost_.end);
    lost_items_ += last_lost_.size();
    lost_ranges_ += 1;
    store_losses();
  }
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return lost_items_; }
  [[nodiscard]] std::uint64_t lost_ranges() const noexcept { return lost_ranges_; }
  [[nodiscard]] IndexRange last_lost() const noexcept { return last_lost_; }

  /// From now on in another slot.
  void mirror_in(layout::ReaderSlot& slot) noexcept {
    slot_ = &slot;
    move_to(index_);
    store_losses();
  }

 private:
  void store_losses() noexcept {
    // Diagnostic: ordered with nothing.
    slot_->lost_items.store(lost_items_, std::memory_order_relaxed);
    slot_->lost_ranges.store(lost_ranges_, std::memory_order_relaxed);
  }

  Index index_ = 0;
  layout::ReaderSlot* slot_;  // in the control file, or one of the reader's own while it is not listed
  std::uint64_t lost_items_ = 0;
  std::uint64_t lost_ranges_ = 0;
  IndexRange last_lost_;
};

}  // namespace shm::detail
