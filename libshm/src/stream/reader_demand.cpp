// SPDX-License-Identifier: Apache-2.0

// Entering a stream's source and leaving it again, through the reader's slot.
#include <algorithm>
#include <chrono>

#include "os/futex.hpp"
#include "os/process.hpp"
#include "shm/base/error.hpp"
#include "stream/reader_registration.hpp"
#include "stream/status_error.hpp"

namespace shm::detail {

/// Counts the demand up, wakes the producing process, and waits until it has taken note: ok, timed_out, ended,
/// interrupted.
Status ReaderRegistration::signal_demand(Deadline deadline, const Interrupt* interrupt) {
  using Clock = Deadline::Clock;
  layout::ControlHeader& control = control_->header();
  const layout::LiveState& live = stream_->live();
  // Release: the producing process, which loads the count (acquire, Demand::look), sees `entered` as it is now.
  const std::uint32_t mine = control.demand_count.fetch_add(1, std::memory_order_acq_rel) + 1;
  os::futex_wake_all(control.demand_count);
  for (;;) {
    // Acquire: pairs with the release in Demand::publish.
    const std::uint32_t answered = live.demand_answered.load(std::memory_order_acquire);
    if (static_cast<std::int32_t>(answered - mine) >= 0) return Status::ok;
    const WriterState writer = writer_state();
    if (writer == WriterState::ended) return Status::ended;
    const bool no_source = live.source_state.load(std::memory_order_acquire) == layout::SourceState::none;
    if (writer == WriterState::live && no_source) return Status::ok;
    if (interrupt != nullptr && interrupt->triggered()) return Status::interrupted;
    if (deadline.passed()) return Status::timed_out;
    const auto until = std::min(deadline.at(), Clock::now() + std::chrono::milliseconds(100));
    os::futex_wait(live.demand_answered, answered, until, interrupt);
  }
}

void ReaderRegistration::enter(Deadline deadline, const Interrupt* interrupt) {
  if (is_entered_) return;
  layout::ReaderSlot& slot = this->slot();
  // Published by the increment in signal_demand.
  slot.enters.fetch_add(1, std::memory_order_relaxed);
  slot.entered.store(1, std::memory_order_release);
  is_entered_ = true;
  const Status status = signal_demand(deadline, interrupt);
  const auto state = stream_->live().source_state.load(std::memory_order_acquire);
  if (status == Status::ok && state != layout::SourceState::failed) return;
  slot.entered.store(0, std::memory_order_release);
  is_entered_ = false;
  if (status == Status::ok) {
    throw SourceFailed(subject() + "its source did not start: " + os::get_text(stream_->live().source_error));
  }
  if (status == Status::timed_out) {
    throw TimedOut(subject() + "no answer of its source in the time given" +
                   (writer_state() == WriterState::lost ? ": its producer is not running" : ""));
  }
  throw_status(subject(), status, stream_->stream().items().inserted());
}

void ReaderRegistration::exit() noexcept {
  if (!is_entered_) return;
  is_entered_ = false;
  slot().entered.store(0, std::memory_order_release);
  try {
    if (writer_state() == WriterState::live) {
      static_cast<void>(signal_demand(std::chrono::seconds(1), nullptr));
    }
  } catch (const Error&) {  // the wish is taken back all the same
  }
}

}  // namespace shm::detail
