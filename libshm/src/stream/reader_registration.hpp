// SPDX-License-Identifier: Apache-2.0

// A reader's place in the stream's table of readers: a slot of the control file, locked while the reader lives; and
// what it asks of the stream's source through that slot. A reader that is not listed has a slot that no other
// process sees. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "shm/base/deadline.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/owned.hpp"
#include "shm/base/status.hpp"
#include "shm/stream/internal/reader_cursor.hpp"
#include "storage/attached_stream.hpp"
#include "storage/control_file.hpp"

namespace shm::detail {

class ReaderRegistration {
 public:
  /// Not listed yet. `reader_name` is what others see.
  ReaderRegistration(Shared<const storage::AttachedStream> stream, std::string reader_name);
  /// Gives the slot back, and with it a lossless claim and an entry.
  ~ReaderRegistration();
  ReaderRegistration(const ReaderRegistration&) = delete;
  ReaderRegistration& operator=(const ReaderRegistration&) = delete;

  [[nodiscard]] const storage::AttachedStream& stream() const noexcept { return *stream_; }
  /// nullptr: the control file is not there, or may not be written.
  [[nodiscard]] storage::ControlFile* control() noexcept { return control_ ? &*control_ : nullptr; }
  [[nodiscard]] layout::ReaderSlot& slot() noexcept { return slot_ ? control_->slot(*slot_) : own_; }
  /// REQUIRES: is_listed().
  [[nodiscard]] std::size_t slot_number() const noexcept { return *slot_; }
  [[nodiscard]] bool is_listed() const noexcept { return slot_.has_value(); }

  /// Takes a slot, if there is a control file with a free one, and moves the cursor's mirror there.
  void list(ReaderCursor& cursor);
  /// The same, or an error that says why `purpose` cannot be had. Waits for a control file that is about to come.
  /// @throws TimedOut, Ended, Interrupted, PermissionDenied, Error (the table is full).
  void insist_on_listing(ReaderCursor& cursor, Deadline deadline, const Interrupt* interrupt,
                         const char* purpose);

  /// When a wait asks the kernel next whether the writer lives.
  Deadline::Clock::time_point look_at_writer_at{};

  // --- the source (docs/programs.md; shm/source/demand.hpp is the producing side) ---
  /// Asks for the source to run, and waits until it does. REQUIRES: is_listed().
  /// @throws SourceFailed, TimedOut, Ended, Interrupted.
  void enter(Deadline deadline, const Interrupt* interrupt);
  /// Takes that back, and waits a second at most until the producing process has seen it.
  void exit() noexcept;
  [[nodiscard]] bool is_entered() const noexcept { return is_entered_; }

 private:
  [[nodiscard]] Status wait_for_control(ReaderCursor& cursor, Deadline deadline, const Interrupt* interrupt);
  [[nodiscard]] Status signal_demand(Deadline deadline, const Interrupt* interrupt);
  [[nodiscard]] WriterState writer_state() const { return stream_->stream().writer_state(); }
  [[nodiscard]] std::string subject() const { return "stream '" + stream_->paths().name + "': "; }

  Shared<const storage::AttachedStream> stream_;
  std::string reader_name_;
  std::optional<storage::ControlFile> control_;
  std::optional<std::size_t> slot_;  // locked, in control_
  layout::ReaderSlot own_{};
  bool is_entered_ = false;
};

}  // namespace shm::detail
