// SPDX-License-Identifier: Apache-2.0
#include "stream/reader_registration.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "os/clock.hpp"
#include "os/futex.hpp"
#include "os/process.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/backpressure.hpp"
#include "stream/status_error.hpp"

namespace shm::detail {
namespace {

/// A free slot, locked. First those that look free, then those whose reader may have died.
std::optional<std::size_t> take_slot(storage::ControlFile& control) {
  for (const bool only_free : {true, false}) {
    for (std::size_t i = 0; i < layout::reader_slots; ++i) {
      const bool taken = control.slot(i).taken.load(std::memory_order_relaxed) != 0;
      if (taken == only_free) continue;
      if (control.file().try_lock(storage::ControlFile::slot_offset(i))) return i;
    }
  }
  return std::nullopt;
}

/// Releases the lossless claim that slot `i` holds, if any. REQUIRES: the slot's lock is held.
void release_claim(storage::ControlFile& control, std::size_t i) noexcept {
  const std::uint32_t word = control.slot(i).lossless.load(std::memory_order_relaxed);
  if (ring::is_lossless(word)) control.release(i, word);
}

}  // namespace

ReaderRegistration::ReaderRegistration(Shared<const storage::AttachedStream> stream, std::string reader_name)
    : stream_(std::move(stream)), reader_name_(std::move(reader_name)) {}

ReaderRegistration::~ReaderRegistration() {
  if (!slot_) return;
  layout::ReaderSlot& slot = this->slot();
  release_claim(*control_, *slot_);
  const bool was_entered = slot.entered.exchange(0, std::memory_order_release) != 0;
  slot.taken.store(0, std::memory_order_release);
  control_->file().unlock(storage::ControlFile::slot_offset(*slot_));
  if (was_entered) {
    control_->header().demand_count.fetch_add(1, std::memory_order_acq_rel);
    os::futex_wake_all(control_->header().demand_count);
  }
}

void ReaderRegistration::list(ReaderCursor& cursor) {
  if (!control_) control_ = stream_->open_control();
  if (!control_ || slot_) return;
  slot_ = take_slot(*control_);
  if (!slot_) return;
  layout::ReaderSlot& slot = this->slot();
  // What a dead reader may have left.
  slot.entered.store(0, std::memory_order_relaxed);
  release_claim(*control_, *slot_);
  cursor.mirror_in(slot);
  slot.pid.store(::getpid(), std::memory_order_relaxed);
  slot.attached_realtime_ns.store(os::now_ns(CLOCK_REALTIME), std::memory_order_relaxed);
  os::put_text(slot.program, os::program_name());
  os::put_text(slot.name, reader_name_);
  // Release: a process that sees the slot taken (ControlFile::is_slot_live, acquire) sees the description.
  slot.taken.store(1, std::memory_order_release);
}

/// Waits for a control file to be listed in, where it is a matter of time: it gets its name after the stream,
/// and if a creator died in between, with the next writer.
Status ReaderRegistration::wait_for_control(ReaderCursor& cursor, Deadline deadline,
                                            const Interrupt* interrupt) {
  for (;;) {
    list(cursor);
    if (control_ || !stream_->may_write_control()) return Status::ok;
    if (writer_state() == WriterState::ended) return Status::ended;
    if (interrupt != nullptr && interrupt->triggered()) return Status::interrupted;
    if (deadline.passed()) return Status::timed_out;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ReaderRegistration::insist_on_listing(ReaderCursor& cursor, Deadline deadline,
                                           const Interrupt* interrupt, const char* purpose) {
  const Status found = wait_for_control(cursor, deadline, interrupt);
  if (found == Status::timed_out) {
    throw TimedOut(subject() +
                   "no control file in the time given: its writer died as it made it, the next one will");
  }
  if (found != Status::ok) throw_status(subject(), found, stream_->stream().items().inserted());
  if (slot_) return;
  if (control_) {
    throw Error(ErrorCode::readers_full, subject() + "its table of readers is full (" +
                                             std::to_string(layout::reader_slots) + "): no room for " +
                                             purpose);
  }
  throw PermissionDenied(EACCES, subject() + "no permission to write its control file, which " + purpose +
                                     " needs (StreamOptions::control_mode)");
}

}  // namespace shm::detail
