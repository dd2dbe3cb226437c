// SPDX-License-Identifier: Apache-2.0

// Plays a sound file into a stream with its marks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line.hpp"
#include "common/daemon.hpp"
#include "common/notify.hpp"
#include "producers/file/pace.hpp"
#include "producers/file/sound_file.hpp"

namespace shm::programs {

struct FileOptions {
  DaemonOptions common;
  std::string file;
  bool loop = false;
  bool once = false;
  double speed = 1;
  std::string as_fast_as;  // "all", or names with commas; empty: by the clock
  std::optional<unsigned> wait_readers;
  bool wait_reader = false;
  double block_ms = 10;
  bool raw = false;
  std::optional<double> rate;
  std::optional<unsigned> channels;
  std::optional<std::string> format;

  /// @throws UsageError  raw without a description of the samples, or the other way round; a stream that is
  /// not named.
  [[nodiscard]] std::unique_ptr<SoundFileReader> open() const;
};

void add_file_options(Command& app, FileOptions& options);

/// Until the end of the file, or until stopped. @throws std::runtime_error, shm::Error: sentences.
void play(const FileOptions& options, const StopSignal& stop);

}  // namespace shm::programs
