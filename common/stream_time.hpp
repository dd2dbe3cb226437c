// SPDX-License-Identifier: Apache-2.0

// Times in the form in which a user writes and reads them, and the keys of a stream.
//
//   StreamTime time(reader);                      // of a stream that has keys
//   std::int64_t key = time.key_of(since);        // a point of time, or a raw key
//   time.text_of(key);                            // 2026-11-21T14:03:00.250000000Z
//
// Keys are nanoseconds of the stream's clock; a time stamp that is a floating-point number counts seconds.
// Conversions to REALTIME use the offset of the moment at which the program started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/command_line.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/time/clock.hpp"
#include "shm/time/time_text.hpp"

namespace shm::programs {

/// --since and --until, as given on the command line.
struct TimeSpan {
  std::string since;
  std::string until;

  [[nodiscard]] bool is_open() const noexcept { return since.empty() && until.empty(); }
};

/// Checked while parsing.
void add_time_options(Command& app, TimeSpan& span);
/// An option with a value that parse_time() accepts, checked while parsing.
Option add_time_option(Command& app, const std::string& name, std::string& text, const std::string& help);
/// An option with a duration, such as 20ms or 1.5s; 0 means no duration. Checked while parsing.
Option add_duration_option(Command& app, const std::string& name, std::string& text, const std::string& help);
/// @throws UsageError.
[[nodiscard]] std::int64_t parse_duration(const std::string& text);

class StreamTime {
 public:
  /// @throws InvalidArgument  the stream has no keys.
  explicit StreamTime(const shm::RawReader& reader);

  [[nodiscard]] const shm::StreamKeys& keys() const noexcept { return keys_; }
  /// @throws UsageError  a raw key that is outside the range of the stream's keys.
  [[nodiscard]] std::int64_t key_of(const std::string& text) const;
  [[nodiscard]] std::int64_t key_of_realtime(std::int64_t realtime_ns) const noexcept {
    return from_realtime_(realtime_ns);
  }
  [[nodiscard]] std::int64_t realtime_of(std::int64_t key) const noexcept { return to_realtime_(key); }
  [[nodiscard]] std::string text_of(std::int64_t key) const;

 private:
  shm::StreamKeys keys_;
  ::clockid_t clock_;
  bool counts_seconds_;
  shm::ClockConversion to_realtime_;
  shm::ClockConversion from_realtime_;
};

/// Moves the reader to the first item at or after --since; prints a notice if items before it are overwritten.
/// @throws UsageError  --until is before --since, or either cannot be a key of the stream.
void seek_since(shm::RawReader& reader, const StreamTime& time, const TimeSpan& span);

}  // namespace shm::programs
