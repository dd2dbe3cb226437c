// SPDX-License-Identifier: Apache-2.0

// Options that several programs have: the stream, its directory, how long to wait for it, where to start.
#pragma once

#include <cstdint>
#include <string>

#include "common/command_line.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

/// --directory; goes with every program and subcommand.
void add_directory_option(Command& app, std::string& directory);

struct StreamArguments {
  std::string stream;
  std::string directory;
  double wait = 0;  ///< seconds for the stream to appear
};

/// STREAM, --directory and --wait.
void add_stream_arguments(Command& app, StreamArguments& arguments);

/// Reader options from these; `info` shows the name. Stop signals interrupt the reader's waits.
[[nodiscard]] shm::ReaderOptions reader_options(const StreamArguments& arguments, const std::string& name);

/// Attaches at the next item. @throws as RawReader; NotFound names --wait.
[[nodiscard]] shm::RawReader attach(const StreamArguments& arguments, const std::string& name);

/// The values of --from: oldest, newest, next, an index, or a negative number that counts from the end.
struct StartPosition {
  enum class Kind { oldest, newest, next, index };
  Kind kind = Kind::next;
  std::int64_t index = 0;

  /// @throws UsageError.
  [[nodiscard]] static StartPosition parse(const std::string& text);
  /// Moves a reader that has not been moved since attach().
  void seek(shm::RawReader& reader) const;
};

/// --from; `text` holds the default, and after parsing the argument. Checked while parsing.
void add_start_option(Command& app, std::string& text);

/// A number of seconds that is not negative, checked while parsing. A number too large for a clock means for
/// ever.
Option add_seconds_option(Command& app, const std::string& name, double& seconds, const std::string& help);

}  // namespace shm::programs
