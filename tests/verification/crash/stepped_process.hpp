// SPDX-License-Identifier: Apache-2.0

// A child process that stops after every instruction, or at every system call, of a chosen part of its work, and can
// be killed there. So a test can try every instruction in a loop, instead of random moments.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>

namespace shm::test {

/// Called in the child, before and after the part that is stepped through.
void begin_steps();
void end_steps();

enum class StepBy {
  instruction,
  system_call,  ///< before and after each system call
};

class SteppedProcess {
 public:
  enum class State {
    standing,  ///< after a step, within the part
    asleep,    ///< the step is a system call that has not returned in the given time
    finished,  ///< the part is over
    failed,    ///< the child died of another cause, or cannot be traced here
  };

  /// Forks, and runs `act` in the child up to begin_steps().
  explicit SteppedProcess(const std::function<void()>& act);
  /// Kills the child where it stopped, and waits for its end: the kernel has released its locks.
  ~SteppedProcess();
  SteppedProcess(const SteppedProcess&) = delete;
  SteppedProcess& operator=(const SteppedProcess&) = delete;

  [[nodiscard]] State state() const { return state_; }
  /// Returns whether the next instruction is a system call.
  [[nodiscard]] bool is_before_system_call() const;
  /// Does one step, or waits again for the current one. Without `patience` it waits as long as the step takes.
  State step(StepBy by, std::optional<std::chrono::milliseconds> patience = {});
  /// Lets the child run to its own end, from within the part or after it; returns whether it ended well.
  [[nodiscard]] bool run_to_its_end();

 private:
  State stopped(int status);
  ::pid_t pid_ = -1;
  State state_ = State::failed;
  bool under_way_ = false;
  bool gone_ = false;
};

/// Returns false under a sanitizer, which needs thousands of steps for one, and where processes may not be traced.
[[nodiscard]] bool can_step();
inline constexpr const char* why_no_steps =
    "no stepping under a sanitizer, or where processes may not be traced";

}  // namespace shm::test
