// SPDX-License-Identifier: Apache-2.0

// Streams of different clocks on a common index: nanoseconds of CLOCK_REALTIME, by offsets that are measured
// once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line.hpp"
#include "common/options.hpp"
#include "common/stream_time.hpp"
#include "shm/query/index_map.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/raw_reader.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {

using CommonIndex = shm::Composed<std::int64_t, shm::StreamKeys>;

/// STREAM..., --directory and --wait.
void add_streams_arguments(Command& app, std::vector<std::string>& streams, std::string& directory,
                           double& wait);

/// A stream with times, attached.
class IndexedStream {
 public:
  /// @throws as attach(); InvalidArgument  the stream has no times.
  IndexedStream(const StreamArguments& arguments, const std::string& program);

  /// The reader of its items; for a stream of records, of their entries.
  [[nodiscard]] shm::RawReader& reader() noexcept { return records_ ? records_->raw() : *items_; }
  /// The reader of its records, with the same cursor. Empty: it holds items.
  [[nodiscard]] std::optional<shm::RecordReader>& records() noexcept { return records_; }
  [[nodiscard]] const StreamTime& time() const noexcept { return time_; }
  [[nodiscard]] CommonIndex index() const;

  /// Moves the reader to the first item at or after --since, or to the oldest. Prints a notice if items
  /// before it are overwritten. @throws UsageError.
  void begin_at(const TimeSpan& span);
  /// --until on the common index; INT64_MAX without. @throws UsageError.
  [[nodiscard]] std::int64_t until(const TimeSpan& span) const;

 private:
  std::optional<shm::RawReader> items_;  // this, or
  std::optional<shm::RecordReader> records_;
  StreamTime time_;
};

}  // namespace shm::programs
