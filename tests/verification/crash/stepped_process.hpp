// SPDX-License-Identifier: Apache-2.0

// A child process that stands still after every instruction, or at every system call, of a chosen part of its
// work, and can be killed there: "at any instruction" made a loop instead of a matter of luck.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>

namespace shm::test {

/// In the child, around the part that is stepped through.
void begin_steps();
void end_steps();

enum class StepBy {
  instruction,
  system_call,  ///< before each, and after each
};

class SteppedProcess {
 public:
  enum class State {
    standing,  ///< after a step, within the part
    asleep,    ///< the step is a system call that has not come back in the time given
    finished,  ///< the part is over
    failed,    ///< the child died of something else, or cannot be traced here
  };

  /// Forks, and runs `act` in the child up to begin_steps().
  explicit SteppedProcess(const std::function<void()>& act);
  /// Kills it where it stands, and waits until it is gone: the kernel has released its locks.
  ~SteppedProcess();
  SteppedProcess(const SteppedProcess&) = delete;
  SteppedProcess& operator=(const SteppedProcess&) = delete;

  [[nodiscard]] State state() const { return state_; }
  /// Is the next instruction a system call?
  [[nodiscard]] bool is_before_system_call() const;
  /// One step, or more patience with the one that is under way. No patience given: waits as long as it takes.
  State step(StepBy by, std::optional<std::chrono::milliseconds> patience = {});
  /// Lets it run to its own end, from within the part or after it; true if it ended well.
  [[nodiscard]] bool run_to_its_end();

 private:
  State stopped(int status);
  ::pid_t pid_ = -1;
  State state_ = State::failed;
  bool under_way_ = false;
  bool gone_ = false;
};

/// Not under a sanitizer, which makes thousands of steps of one; nor where processes may not be traced.
[[nodiscard]] bool can_step();
inline constexpr const char* why_no_steps =
    "no stepping under a sanitizer, or where processes may not be traced";

}  // namespace shm::test
