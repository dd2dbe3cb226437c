// SPDX-License-Identifier: Apache-2.0

// Processes of a measurement run each on a processor of its own.
#pragma once

namespace shm::bench {

/// Keeps this thread, and those that it starts, on one processor. @throws std::system_error
void pin_to(int processor);

/// The two processors that measurements are pinned to: the first two that this process may use.
/// @throws std::runtime_error  there is only one.
struct Processors {
  int here;
  int there;
};
[[nodiscard]] Processors two_processors();

}  // namespace shm::bench
