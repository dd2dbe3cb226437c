// SPDX-License-Identifier: Apache-2.0

// The processes of one measurement: forked together, each pinned to its processor, watched until all are
// done.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/shared.hpp"

namespace shm::bench {

/// The work of one process, and its processor. -1: any processor.
struct Work {
  int processor;
  std::function<void()> run;
};

/// A forked process that dies with its parent.
class Forked {
 public:
  /// @throws std::system_error
  explicit Forked(const Work& work);
  /// Kills the process if it still runs.
  ~Forked();
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  void kill() noexcept;  ///< SIGKILL, and waits until it is gone
  /// A descriptor that is readable once the process has ended: for poll(2).
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// The reason of its failure; empty: it succeeded. REQUIRES: it ended. @throws NotDone  it was killed by a
  /// signal.
  [[nodiscard]] std::string failure();

 private:
  void wait() noexcept;
  SharedPages words_;  // of the error
  ::pid_t pid_ = -1;
  int descriptor_ = -1;
  int status_ = 0;
};

/// They hang, or one crashed without a message.
class NotDone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Runs all, and kills the others as soon as one fails.
/// @throws NotDone  they took longer than `patience`, or one was killed by a signal;
///         std::runtime_error  one failed: with its message.
void run_together(const std::vector<Work>& works, std::chrono::milliseconds patience);

}  // namespace shm::bench
