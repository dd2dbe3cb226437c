// SPDX-License-Identifier: Apache-2.0
#include "shm/source/demand.hpp"

#include <algorithm>

#include "os/futex.hpp"
#include "os/process.hpp"
#include "storage/owned_stream.hpp"

namespace shm {
namespace {
constexpr auto look_again_after = std::chrono::milliseconds(250);  // readers that were killed do not signal
}

Demand::Demand(RawWriter& writer, Policy policy) : stream_(&writer.appender().stream()), policy_(policy) {
  seen_ = stream_->control().header().demand_count.load(std::memory_order_acquire) - 1;  // look at once
  stream_->live().source_state.store(layout::SourceState::stopped, std::memory_order_release);
}

Demand::~Demand() { publish(layout::SourceState::none); }

void Demand::look() {
  const storage::ControlFile& control = stream_->control();
  // Acquire: pairs with the increment in ReaderRegistration::signal_demand; `entered` of each counted reader is seen.
  seen_ = control.header().demand_count.load(std::memory_order_acquire);
  looked_at_ = Clock::now();
  const bool was_entered = entered_;
  entered_ = false;
  for (std::size_t i = 0; i < layout::reader_slots; ++i) {
    const layout::ReaderSlot& slot = control.slot(i);
    if (slot.entered.load(std::memory_order_acquire) == 0 || !control.is_slot_live(i)) continue;
    entered_ = true;
    if (slot.enters.load(std::memory_order_relaxed) != enters_at_failure_[i]) failed_ = false;
    if (!failed_) break;
  }
  if (entered_ || was_entered) last_entered_ = looked_at_;
}

bool Demand::wanted() {
  const auto now = Clock::now();
  const bool news = stream_->control().header().demand_count.load(std::memory_order_relaxed) != seen_;
  const bool lingering = wanted_ && !entered_;
  if (news || now - looked_at_ >= look_again_after || lingering || look_now_) {
    look_now_ = false;
    const std::uint32_t before = seen_;
    look();
    wanted_ = policy_.always || (entered_ && !failed_) ||
              (running_ && policy_.linger.count() > 0 && now - last_entered_ < policy_.linger);
    // If the source need not start or stop for the readers that entered or exited, then their requests are complete
    // now; otherwise started(), stopped() or failed() completes them.
    if (wanted_ == running_ && seen_ != before) {
      const auto state = stream_->live().source_state.load(std::memory_order_relaxed);
      publish(running_ ? layout::SourceState::running : state);
    }
  }
  return wanted_;
}

bool Demand::wait(Deadline deadline, const Interrupt* interrupt) {
  const bool before = wanted_;  // the last result of wanted()
  for (;;) {
    const bool now_wanted = wanted();
    if (now_wanted != before || deadline.passed()) return now_wanted;
    if (interrupt != nullptr && interrupt->triggered()) return now_wanted;
    const auto until = std::min(deadline.at(), Clock::now() + look_again_after);
    const os::FutexWord& wake_word = stream_->control().header().demand_count;
    os::futex_wait(wake_word, seen_, until, interrupt);
  }
}

void Demand::started() {
  running_ = true;
  failed_ = false;
  publish(layout::SourceState::running);
}

void Demand::stopped() {
  running_ = false;
  publish(layout::SourceState::stopped);
}

void Demand::failed(std::string_view why) {
  running_ = false;
  failed_ = true;
  for (std::size_t i = 0; i < layout::reader_slots; ++i) {
    enters_at_failure_[i] = stream_->control().slot(i).enters.load(std::memory_order_relaxed);
  }
  os::put_text(stream_->live().source_error, why);
  wanted_ = policy_.always;
  publish(layout::SourceState::failed);
}

void Demand::publish(layout::SourceState state) {
  layout::LiveState& live = stream_->live();
  live.source_state.store(state, std::memory_order_release);
  // Release: pairs with the acquire in ReaderRegistration::signal_demand; a reader that sees its request counted sees
  // this state and its text.
  live.demand_answered.store(seen_, std::memory_order_release);
  os::futex_wake_all(live.demand_answered);
}

}  // namespace shm
