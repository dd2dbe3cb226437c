// SPDX-License-Identifier: Apache-2.0

// The harness: a process is stepped through some work, and at every instruction everything that others can
// know is checked, and everything that its death there would leave.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "support/test_directory.hpp"

namespace shm::test {

/// A piece of work, and what must hold at every point of it. The checks use GoogleTest's assertions.
struct Work {
  /// As a sentence would have it: "an append of 16 bytes".
  std::string name;
  /// In the child: the work, between begin_steps() and end_steps().
  std::function<void()> act;
  /// At every point: the streams in the test's directory, as others see them while the process lives.
  std::function<void()> look = [] {};
  /// At every point: a copy of that directory, in which nobody has a lock, as after the process's death.
  std::function<void(const std::string& copy)> bury;
  /// When the process sleeps in the kernel: whatever wakes it.
  std::function<void()> wake = {};
};

struct Points {
  std::uint64_t instructions = 0;  ///< points in all: after each of them the process could have died
  std::uint64_t system_calls = 0;
  std::uint64_t states = 0;  ///< points at which others could see something new
};

/// Steps through the work, instruction by instruction, in the test's directory. The checks are made at each
/// point that differs, in the bytes of any file or after a system call, from the one before: at the others
/// they would see the same. Stops at the first failure, names the point, and prints how many there were.
Points check_at_every_instruction(const TestDirectory& directory, const Work& work);

}  // namespace shm::test
