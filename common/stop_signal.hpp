// SPDX-License-Identifier: Apache-2.0

// The signals that stop a program, SIGTERM and SIGINT, in each form in which a program can wait for them.
//
//   const StopSignal stop;                        // run_program() makes it, one for the process
//   options.interrupt = &stop_interrupt();        // ends the waits of libshm
//   pollfd polled{.fd = stop.descriptor(), .events = POLLIN};
//   if (stop.wait_for(100ms)) return;             // sleeps; true if stopped meanwhile
//
// Any thread may use it. SIGPIPE is ignored while a StopSignal exists: a write to a closed pipe fails with
// EPIPE.
#pragma once

#include <chrono>

#include "shm/base/interrupt.hpp"

namespace shm::programs {

/// What a second SIGTERM or SIGINT does.
enum class SecondSignal {
  is_ignored,  ///< a daemon stops in an orderly way, however many signals come
  kills,       ///< Ctrl-C twice ends a program that is stuck
};

/// Triggered by SIGTERM and SIGINT. There is one per process, with or without a StopSignal.
[[nodiscard]] Interrupt& stop_interrupt() noexcept;

class StopSignal {
 public:
  explicit StopSignal(SecondSignal second = SecondSignal::is_ignored);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  [[nodiscard]] bool triggered() const noexcept { return interrupt().triggered(); }
  [[nodiscard]] Interrupt& interrupt() const noexcept { return stop_interrupt(); }
  /// Readable once triggered, and from then on.
  [[nodiscard]] int descriptor() const noexcept;
  /// Sleeps; true if stopped meanwhile.
  bool wait_until(std::chrono::steady_clock::time_point until) const noexcept;
  bool wait_for(std::chrono::nanoseconds time) const noexcept {
    return wait_until(std::chrono::steady_clock::now() + time);
  }
};

}  // namespace shm::programs
