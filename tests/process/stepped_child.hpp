// A child process that is killed at a chosen instruction or system call of a chosen part of its work: "at any
// instruction" made a loop instead of a matter of luck.
#pragma once

#include <sys/types.h>

#include <functional>

namespace shm::test {

/// In the child, around the part in which it is to be killed.
void begin_steps();
void end_steps();

enum class StepBy { instruction, system_call };

enum class Outcome {
  killed,    ///< at the step that was asked for
  finished,  ///< the part has fewer steps: the child ran to its end
  failed,    ///< the child died of something else, or cannot be traced here
};

/// Forks, runs `child`, and kills it `steps` steps after begin_steps(). Steps by system call stop before and
/// after each.
[[nodiscard]] Outcome kill_after(int steps, StepBy by, const std::function<void()>& child);

/// Not under a sanitizer, which makes thousands of steps of one; nor where processes may not be traced.
[[nodiscard]] bool can_step();
inline constexpr const char* why_no_steps =
    "no stepping under a sanitizer, or where processes may not be traced";

}  // namespace shm::test
