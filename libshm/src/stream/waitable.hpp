// SPDX-License-Identifier: Apache-2.0

// What one reader offers to be waited for, by itself or among others; nothing else of a reader is needed. A handle:
// valid as long as the reader lives and is not moved.
#pragma once

#include <memory>

#include "shm/base/deadline.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/owned.hpp"
#include "shm/stream/raw_reader.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm::detail {

class Waitable {
 public:
  using Clock = Deadline::Clock;

  Waitable(RawReader& reader) noexcept : reader_(&reader) {}  // NOLINT: a reader is one

  [[nodiscard]] RawReader& reader() const noexcept { return *reader_; }
  [[nodiscard]] const ItemSource& items() const noexcept { return reader_->items(); }
  [[nodiscard]] const storage::AttachedStream& mapping() const noexcept { return *reader_->stream_; }
  /// The same, which stays mapped as long as the result lives.
  [[nodiscard]] Shared<const storage::AttachedStream> stream() const noexcept { return reader_->stream_; }
  /// The interrupt that the reader was made with, or nullptr.
  [[nodiscard]] const Interrupt* interrupt() const noexcept { return reader_->options_.interrupt; }
  [[nodiscard]] bool writer_loss_is_error() const noexcept { return reader_->options_.writer_loss_is_error; }

  /// Where the writer is asked for wakes; nullptr: it cannot be asked (yet).
  [[nodiscard]] layout::ControlHeader* control() const noexcept {
    storage::ControlFile* const control = reader_->registration_->control();
    return control == nullptr ? nullptr : &control->header();
  }
  /// Looks for the control file again, which may have come after the stream, and lists the reader there.
  void list() const { reader_->registration_->list(reader_->cursor_); }

  /// When to ask the kernel next whether the writer lives: before a sleep, but not before each.
  [[nodiscard]] Clock::time_point look_at_writer_at() const noexcept {
    return reader_->registration_->look_at_writer_at;
  }
  void look_at_writer_at(Clock::time_point at) const noexcept {
    reader_->registration_->look_at_writer_at = at;
  }

 private:
  RawReader* reader_;
};

}  // namespace shm::detail
