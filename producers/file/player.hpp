// SPDX-License-Identifier: Apache-2.0

// Plays a sound file into a stream with its marks.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/daemon_program.hpp"
#include "common/notify.hpp"
#include "producers/file/pace.hpp"
#include "producers/file/sound_file.hpp"

namespace shm::producers {

struct FileOptions {
  CommonOptions common;
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

  /// @throws UsageError  raw without saying what, or the other way round; a stream that is not named.
  [[nodiscard]] std::unique_ptr<SoundFile> open() const;
};

void add_file_options(CLI::App& app, FileOptions& options);

/// Until the end of the file, or until stopped. @throws std::runtime_error, shm::Error: sentences.
void play(const FileOptions& options, const StopSignal& stop);

}  // namespace shm::producers
