// SPDX-License-Identifier: Apache-2.0

// The producing side of enter() and exit(): does any live reader want the source to run? A daemon calls it in
// its loop; StreamBuffer (shm/source/source.hpp) does so for sources that are objects.
//
//   shm::RawWriter writer(name, format, {.has_source = true});
//   shm::Demand demand(writer);
//   while (!stop.triggered()) {
//     if (!demand.wait(1s, &stop)) continue;                 // sleeps until a reader enters
//     try { device.open(); } catch (const std::exception& e) { demand.failed(e.what()); continue; }
//     demand.started();
//     while (demand.wanted()) capture_a_little();            // a load and a compare, most of the time
//     device.close();
//     demand.stopped();
//   }
//
// A reader's enter() returns when started() was called, and throws SourceFailed with the text of failed().
// After a failure the source is not wanted again until a reader enters anew. Readers that were killed are
// noticed within 250 ms of calls to wanted() or wait().
//
// One thread at a time; not at the same time as RawWriter's close(). Throws SystemError if the kernel cannot
// report which readers live.
#pragma once

#include <array>
#include <chrono>
#include <string_view>

#include "shm/base/deadline.hpp"
#include "shm/base/export.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/stream/raw_writer.hpp"

namespace shm {

class SHM_API Demand {
 public:
  struct Policy {
    bool always = false;                  ///< wanted whether or not a reader entered
    std::chrono::milliseconds linger{0};  ///< stays wanted for this long after the last exit
  };

  /// Declares that the stream has a source, which is stopped. The writer must outlive it.
  explicit Demand(RawWriter& writer, Policy policy);
  explicit Demand(RawWriter& writer) : Demand(writer, Policy{}) {}
  /// Declares that there is no source any more.
  ~Demand();
  Demand(const Demand&) = delete;
  Demand& operator=(const Demand&) = delete;

  /// Should the source run? Cheap enough for every turn of a capture loop.
  [[nodiscard]] bool wanted();

  /// Sleeps until wanted() changes, the deadline passes, or the interrupt is triggered. Returns wanted().
  bool wait(Deadline deadline, const Interrupt* interrupt = nullptr);

  /// Changes Policy::always.
  void set_always(bool always) noexcept {
    look_now_ = look_now_ || always != policy_.always;
    policy_.always = always;
  }

  void started();
  void stopped();
  void failed(std::string_view why);

  [[nodiscard]] bool is_running() const noexcept { return running_; }

 private:
  using Clock = std::chrono::steady_clock;
  void look();
  void publish(layout::SourceState state);

  storage::OwnedStream* stream_;
  Policy policy_;
  bool entered_ = false;  // at the last look
  bool wanted_ = false;   // what wanted() returned: entered, policy, failure
  bool running_ = false;
  bool look_now_ = true;
  bool failed_ = false;
  std::uint32_t seen_ = 0;  // demand_count at the last look
  std::array<std::uint32_t, layout::reader_slots> enters_at_failure_{};
  Clock::time_point looked_at_{};
  Clock::time_point last_entered_{};
};

}  // namespace shm
