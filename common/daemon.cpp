// SPDX-License-Identifier: Apache-2.0
#include "common/daemon.hpp"

#include <cstdlib>

#include "common/log.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {
namespace {

std::string mode_complaint(const std::string& text) {
  const bool octal =
      !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
  if (!octal) return "must be octal permission bits such as 0640, not '" + text + "'";
  const auto bits = std::strtoul(text.c_str(), nullptr, 8);
  if ((bits & 0600) != 0600 || bits > 0777) return "must let the owner read and write: 0600, 0640, 0644, ...";
  return {};
}

log::Level wanted_level(const DaemonOptions& options) {
  if (options.quiet) return log::Level::error;
  return options.verbose ? log::Level::debug : log::level_of(options.log_level);
}

}  // namespace

::mode_t DaemonOptions::mode() const {
  return static_cast<::mode_t>(std::strtoul(mode_text.c_str(), nullptr, 8));
}

void add_daemon_options(Command& command, DaemonOptions& options) {
  command.add_option("--history", options.history_seconds, "Seconds of sound that readers can go back")
      .show_default()
      .in_range(0.01, 86400.0)
      .type_name("SECONDS");
  command
      .add_option("--mode", options.mode_text,
                  "Permissions of the stream: 0600 only you, 0640 a group, 0644 all")
      .show_default()
      .check(mode_complaint)
      .type_name("OCTAL");
  command.add_option("--group", options.group, "Group that the stream belongs to, by name or number")
      .type_name("GROUP");
  command.add_flag("--persistent", options.persistent, "Keep the stream's files after a clean stop");
  command.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      .show_default()
      .one_of({"trace", "debug", "info", "warn", "error", "off"})
      .type_name("LEVEL");
  command.add_flag("-v,--verbose", options.verbose, "The same as --log-level debug");
  command.add_flag("-q,--quiet", options.quiet, "The same as --log-level error").excludes("--verbose");
}

int run_daemon(CommandLine& line, int argc, char** argv, const DaemonOptions& options,
               const ProgramBody& body) {
  const ProgramBody logged = [&](const StopSignal& stop) {
    log::start(line.program(), wanted_level(options));
    try {
      return body(stop);
    } catch (const InvalidArgument& error) {
      throw UsageError(error.what());
    }
  };
  return run_program(line, argc, argv, logged, SecondSignal::is_ignored);
}

}  // namespace shm::programs
