// SPDX-License-Identifier: Apache-2.0

// Server processes that some transports need (a broker, RouDi): started for a run, gone with it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace shm::bench {

class Daemon {
 public:
  /// Starts `command` (looked for in PATH and /usr/sbin), its output to a file in the run's directory, and
  /// waits until is_ready(). @throws std::runtime_error  it cannot be started, or is not ready in 10 s: with
  /// its output.
  Daemon(std::vector<std::string> command, const std::function<bool()>& is_ready);
  /// Ends it: SIGTERM, after two seconds SIGKILL.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

 private:
  ::pid_t pid_ = -1;
};

/// A directory for the files of a daemon, in that of the run.
[[nodiscard]] std::string daemon_directory(const std::string& name);

/// A port of 127.0.0.1 that is free at the moment. @throws std::system_error
[[nodiscard]] int free_port();

/// True if a process listens there.
[[nodiscard]] bool is_listening(int port) noexcept;

}  // namespace shm::bench
