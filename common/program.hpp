// SPDX-License-Identifier: Apache-2.0

// How every program here starts and ends: the command line, the signals that stop it, and errors as one
// sentence and an exit code.
//
//   int main(int argc, char** argv) {
//     CommandLine line("What it does.", "shm-thing");
//     ...options...
//     return run_program(line, argc, argv, [&](const StopSignal&) { return do_it(); });
//   }
//
// Daemons begin with run_daemon() (common/daemon.hpp) instead.
#pragma once

#include <functional>
#include <string_view>

#include "common/command_line.hpp"
#include "common/stop_signal.hpp"

namespace shm::programs {

enum ExitCode : int {
  exit_done = 0,    ///< also if a signal stopped the program, or if stdout was closed
  exit_failed = 1,  ///< an exception
  exit_usage = 2,   ///< UsageError
};

/// The body of the program. It returns the exit code.
using ProgramBody = std::function<int(const StopSignal& stop)>;

/// Parses the command line, runs the body, and turns exceptions into a sentence on stderr and an exit code.
int run_program(CommandLine& line, int argc, char** argv, const ProgramBody& body,
                SecondSignal second = SecondSignal::kills);

/// Prints a sentence on stderr, after the program's name: one line, without control characters.
void notice(std::string_view sentence);

}  // namespace shm::programs
