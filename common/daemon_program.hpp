// SPDX-License-Identifier: Apache-2.0

// What every producer program does the same way: stopping on signals, logging, exit codes, and the options
// that concern the stream rather than where its items come from.
#pragma once

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "shm/base/interrupt.hpp"

namespace shm::producers {

enum ExitCode : int { exit_done = 0, exit_failed = 1, exit_usage = 2 };

/// Wrong usage that only shows after the command line was parsed. what() is a sentence.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// SIGTERM and SIGINT, as something to wait on in every way: an Interrupt for libshm, a descriptor for
/// poll(). There is one per process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  [[nodiscard]] bool triggered() const noexcept { return interrupt().triggered(); }
  [[nodiscard]] Interrupt& interrupt() const noexcept;
  /// Readable once triggered, and for ever after.
  [[nodiscard]] int descriptor() const noexcept;
  /// Sleeps; true if stopped meanwhile.
  bool wait_until(std::chrono::steady_clock::time_point until) const noexcept;
  bool wait_for(std::chrono::nanoseconds time) const noexcept {
    return wait_until(std::chrono::steady_clock::now() + time);
  }
};

/// Options of the stream and of the log.
struct CommonOptions {
  std::string stream;
  double history_seconds = 10;
  std::string mode_text = "0600";
  std::string group;
  bool persistent = false;
  std::string log_level = "info";
  bool verbose = false;
  bool quiet = false;

  [[nodiscard]] ::mode_t mode() const;  ///< of mode_text, which add_common_options() checked
};

/// Refuses "nan", which lies in every range that CLI::Range checks.
[[nodiscard]] CLI::Validator a_number();

void add_common_options(CLI::App& app, CommonOptions& options);

/// Log to stderr, with the program's name.
void start_log(const std::string& program, const CommonOptions& options);

/// Parses, then runs; every exception becomes one sentence on stderr and an exit code.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body);

}  // namespace shm::producers
