// SPDX-License-Identifier: Apache-2.0

// What daemons have beyond other programs: a log, and the options that concern the stream rather than the
// source of its items.
//
//   DaemonOptions options;
//   add_daemon_options(line, options);
//   return run_daemon(line, argc, argv, options, [&](const StopSignal& stop) { return capture(stop); });
#pragma once

#include <sys/types.h>

#include <string>

#include "common/program.hpp"

namespace shm::programs {

struct DaemonOptions {
  std::string stream;
  double history_seconds = 10;
  std::string mode_text = "0600";
  std::string group;
  bool persistent = false;
  std::string log_level = "info";
  bool verbose = false;
  bool quiet = false;

  [[nodiscard]] ::mode_t mode() const;  ///< of mode_text, which add_daemon_options() checked
};

void add_daemon_options(Command& command, DaemonOptions& options);

/// As run_program(), with the log started. A daemon ends in an orderly way however often it is asked to stop.
/// If the library refuses an option (InvalidArgument), then that is wrong usage: the stream of a daemon is
/// created from its options.
int run_daemon(CommandLine& line, int argc, char** argv, const DaemonOptions& options,
               const ProgramBody& body);

}  // namespace shm::programs
