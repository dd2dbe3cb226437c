// SPDX-License-Identifier: Apache-2.0

// Programs under test as processes: started with their output in files, killed, waited for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <vector>

namespace shm::test {

struct Finished {
  int exit_code = -1;  ///< -1: killed by `signal`
  int signal = 0;
  std::string out;
  std::string err;
};

/// A child process. Killed and reaped by the destructor if it still runs.
class Process {
 public:
  /// Starts argv[0] (a path, or found on PATH) with these environment entries ("NAME=value") added.
  explicit Process(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});
  /// Forks, and runs the function in the child; its result is the child's exit code.
  explicit Process(const std::function<int()>& child);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool running();
  /// Output so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  /// Waits for the end; a child that does not end in time is killed (signal == SIGKILL then).
  Finished wait(std::chrono::milliseconds limit = std::chrono::seconds(30));

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool reaped_ = false;
  std::string directory_;
};

/// Runs a program to its end.
Finished run(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});

/// Polls until the condition is true or the limit passed; returns whether it became true.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace shm::test
