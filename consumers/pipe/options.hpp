// SPDX-License-Identifier: Apache-2.0

// The command line of shm-pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/command_line.hpp"
#include "common/options.hpp"
#include "consumers/pipe/framing.hpp"

namespace shm::programs {

struct PipeWriteArguments {
  std::string stream;
  std::string directory;
  Framing framing = Framing::lines;
  std::uint64_t history = 0;        ///< records; 0: the library's default
  std::uint64_t history_bytes = 0;  ///< as RecordOptions
  std::uint64_t max_record = 0;
  std::string media_type;
  std::string mode_text = "0600";
  std::string group;
  bool persistent = false;
  bool lossless = false;
  bool stamp = false;
  std::uint64_t readers = 0;  ///< that are waited for
};

struct PipeReadArguments {
  StreamArguments stream;
  Framing framing = Framing::lines;
  std::string from = "oldest";
  std::uint64_t count = 0;  ///< 0: no limit
  bool follow = false;
  bool lossless = false;
};

/// `write` and `read`; the chosen one has set `run` after parsing.
void add_pipe_commands(Command& app, std::function<int()>& run);

/// Returns the exit code. @throws the exceptions that run_program() handles.
[[nodiscard]] int pipe_write(const PipeWriteArguments& arguments);
[[nodiscard]] int pipe_read(const PipeReadArguments& arguments);

}  // namespace shm::programs
