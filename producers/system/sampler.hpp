// SPDX-License-Identifier: Apache-2.0

// shm-system: samples files of /proc at a rate into streams, with or without readers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/command_line.hpp"
#include "common/daemon.hpp"

namespace shm::programs {

struct SystemOptions {
  SystemOptions() { common.history_seconds = 3600; }

  DaemonOptions common;  ///< common.stream is the PREFIX
  double rate = 10;
  std::vector<std::string> only;  ///< of proc_stream_names; empty: all
  std::string proc = "/proc";
  std::optional<std::uint64_t> count;
  bool history_is_asked_for = false;

  /// The history in items: never so few that a reader hardly keeps up, and without --history not so many that
  /// a high rate fills the memory.
  [[nodiscard]] std::uint64_t history_items() const;
};

/// Also sets history_is_asked_for when the command line is parsed.
void add_system_options(Command& app, SystemOptions& options);

/// Runs until stopped, or until options.count samples were taken. Opens all streams, or no stream.
/// @throws std::runtime_error  a file that cannot be read at the start, or a stream that refuses an item; and
/// as RawWriter.
void sample_system(const SystemOptions& options, const StopSignal& stop);

}  // namespace shm::programs
