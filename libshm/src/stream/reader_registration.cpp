// SPDX-License-Identifier: Apache-2.0

// A reader in the stream's table, and what it says to the source.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "os/clock.hpp"
#include "os/futex.hpp"
#include "os/process.hpp"
#include "shm/ring/backpressure.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm {
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

}  // namespace

bool RawReader::is_listed() const noexcept { return place_->slot.has_value(); }

void RawReader::list_myself() {
  if (!place_->control) place_->control = stream_->open_control();
  if (!place_->control || place_->slot) return;
  place_->slot = take_slot(*place_->control);
  if (!place_->slot) return;
  layout::ReaderSlot& slot = place_->control->slot(*place_->slot);
  // What a dead reader may have left.
  slot.entered.store(0, std::memory_order_relaxed);
  const std::uint32_t word = slot.lossless.load(std::memory_order_relaxed);
  if (ring::is_lossless(word)) place_->control->release(*place_->slot, word);
  slot.cursor.store(cursor_, std::memory_order_relaxed);
  slot.lost_items.store(lost_items_, std::memory_order_relaxed);
  slot.lost_ranges.store(lost_ranges_, std::memory_order_relaxed);
  slot.pid.store(::getpid(), std::memory_order_relaxed);
  slot.attached_realtime_ns.store(os::now_ns(CLOCK_REALTIME), std::memory_order_relaxed);
  os::put_text(slot.program, os::program_name());
  os::put_text(slot.name, options_.name);
  // Release: who sees it taken (ControlFile::is_slot_live, acquire) sees the description.
  slot.taken.store(1, std::memory_order_release);
  slot_ = &slot;
}

void RawReader::unlist() noexcept {
  if (!place_ || !place_->slot) return;  // moved from, or not listed
  layout::ReaderSlot& slot = place_->control->slot(*place_->slot);
  unregister_lossless();
  const bool was_entered = slot.entered.exchange(0, std::memory_order_release) != 0;
  slot.taken.store(0, std::memory_order_release);
  place_->control->file().unlock(storage::ControlFile::slot_offset(*place_->slot));
  if (was_entered) {
    place_->control->header().demand_count.fetch_add(1, std::memory_order_acq_rel);
    os::futex_wake_all(place_->control->header().demand_count);
  }
  place_->slot.reset();
  slot_ = &place_->own;
  entered_ = false;
}

bool RawReader::source_is_started() const noexcept {
  return stream_->live().source_state.load(std::memory_order_acquire) == layout::SourceState::running;
}

/// Rings, and waits until the producing process has answered. ok, timed_out, ended, interrupted.
Status RawReader::signal_demand(Deadline deadline, const Interrupt* interrupt) {
  using Clock = Deadline::Clock;
  layout::ControlHeader& control = place_->control->header();
  const layout::LiveState& live = stream_->live();
  // Release: the producing process, which loads the count (acquire, Demand::look), sees `entered` as it is
  // now.
  const std::uint32_t mine = control.demand_count.fetch_add(1, std::memory_order_acq_rel) + 1;
  os::futex_wake_all(control.demand_count);
  for (;;) {
    // Acquire: pairs with the release in Demand::answer.
    const std::uint32_t answered = live.demand_answered.load(std::memory_order_acquire);
    if (static_cast<std::int32_t>(answered - mine) >= 0) return Status::ok;
    const WriterState writer = writer_state();
    if (writer == WriterState::ended) return Status::ended;
    const bool no_source = live.source_state.load(std::memory_order_acquire) == layout::SourceState::none;
    if (writer == WriterState::live && no_source) return Status::ok;
    if (interrupt != nullptr && interrupt->triggered()) return Status::interrupted;
    if (deadline.passed()) return Status::timed_out;
    const auto until = std::min(deadline.at(), Clock::now() + std::chrono::milliseconds(100));
    if (interrupt != nullptr) {
      os::futex_wait_either(live.demand_answered, answered, interrupt->word(), 0, until);
    } else {
      os::futex_wait(live.demand_answered, answered, until);
    }
  }
}

/// Waits for a control file to be listed in, where it is a matter of time: it gets its name after the stream,
/// and if a creator died in between, with the next writer.
Status RawReader::wait_to_be_listed(Deadline deadline) {
  for (;;) {
    list_myself();
    if (place_->control || !stream_->may_write_control()) return Status::ok;
    if (writer_state() == WriterState::ended) return Status::ended;
    if (options_.interrupt != nullptr && options_.interrupt->triggered()) return Status::interrupted;
    if (deadline.passed()) return Status::timed_out;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// @throws as enter().
void RawReader::insist_on_being_listed(Deadline deadline, const char* to_what_end) {
  const std::string stream = "stream '" + stream_->paths().name + "': ";
  const Status listed = wait_to_be_listed(deadline);
  if (listed == Status::timed_out) {
    throw TimedOut(stream +
                   "no control file in the time given: its writer died as it made it, the next one will");
  }
  if (listed != Status::ok) throw_status(listed);
  if (place_->slot) return;
  if (place_->control) {
    throw Error(ErrorCode::readers_full, stream + "its table of readers is full (" +
                                             std::to_string(layout::reader_slots) + "): no room for " +
                                             to_what_end);
  }
  throw PermissionDenied(EACCES, stream + "no permission to write its control file, which " + to_what_end +
                                     " needs (StreamOptions::control_mode)");
}

void RawReader::enter(Deadline deadline) {
  if (entered_) return;
  const std::string stream = "stream '" + stream_->paths().name + "': ";
  insist_on_being_listed(deadline, "entering its source");
  // Published by the increment in signal_demand.
  slot_->enters.fetch_add(1, std::memory_order_relaxed);
  slot_->entered.store(1, std::memory_order_release);
  entered_ = true;
  const Status status = signal_demand(deadline, options_.interrupt);
  const auto state = stream_->live().source_state.load(std::memory_order_acquire);
  if (status == Status::ok && state != layout::SourceState::failed) return;
  slot_->entered.store(0, std::memory_order_release);
  entered_ = false;
  if (status == Status::ok) {
    throw SourceFailed(stream + "its source did not start: " + os::get_text(stream_->live().source_error));
  }
  if (status == Status::timed_out) {
    throw TimedOut(stream + "no answer of its source in the time given" +
                   (writer_state() == WriterState::lost ? ": its producer is not running" : ""));
  }
  throw_status(status);
}

void RawReader::exit() noexcept {
  if (!entered_) return;
  entered_ = false;
  slot_->entered.store(0, std::memory_order_release);
  try {
    if (writer_state() == WriterState::live) {
      static_cast<void>(signal_demand(std::chrono::seconds(1), nullptr));
    }
  } catch (const Error&) {  // it is withdrawn all the same
  }
}

}  // namespace shm
