// SPDX-License-Identifier: Apache-2.0

// The harness: a process is stepped through some work. At every instruction the harness checks the state that other
// processes can see, and the state that the death of the process at this point would leave.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "support/test_directory.hpp"

namespace shm::test {

/// A piece of work, and the checks that must hold at every point of it. They use GoogleTest's assertions.
struct Work {
  /// A noun for messages: "an append of 16 bytes".
  std::string name;
  /// In the child: the work, between begin_steps() and end_steps().
  std::function<void()> act;
  /// At every point: the streams in the test's directory, as others see them while the process lives.
  std::function<void()> look = [] {};
  /// At every point: a copy of that directory, in which no process holds a lock, as after the process's death.
  std::function<void(const std::string& copy)> bury;
  /// Wakes the process when it sleeps in the kernel.
  std::function<void()> wake = {};
};

struct Points {
  std::uint64_t instructions = 0;  ///< points in all: after each of them the process could have died
  std::uint64_t system_calls = 0;
  std::uint64_t states = 0;  ///< points at which other processes could see a new state
};

/// Steps through the work, instruction by instruction, in the test's directory. It runs the checks at each point
/// where the bytes of a file changed, and after each system call; at other points they would see the same state.
/// Stops at the first failure, names the point, and prints the number of points.
Points check_at_every_instruction(const TestDirectory& directory, const Work& work);

}  // namespace shm::test
