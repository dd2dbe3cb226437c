// SPDX-License-Identifier: Apache-2.0

// The result of a recording: which frames are in the file, which are missing, and why it ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/gap_log.hpp"
#include "shm/audio/audio.hpp"

namespace shm::programs {

enum class EndReason {
  ended,         ///< the stream did
  limit,         ///< --seconds or --frames
  stopped,       ///< SIGINT or SIGTERM
  replaced,      ///< the stream was replaced by another one
  write_failed,  ///< disk full, ...
  failed,        ///< the source could not be started again, ...
};
[[nodiscard]] std::string_view word(EndReason reason) noexcept;

struct RecordingSummary {
  std::string stream;
  std::string file;
  std::string container;
  shm::AudioFormat audio;
  std::uint64_t frames = 0;  ///< in the file, with those that stand for lost ones
  shm::Index first_index = 0;
  shm::Index end_index = 0;
  /// When the first frame was captured, in nanoseconds since 1970, by the stream's ledger; and how far off
  /// that may be.
  std::optional<std::int64_t> began_ns;
  std::int64_t began_uncertainty_ns = 0;
  std::vector<shm::IndexRange> lost;  ///< overwritten before this recorder read them
  std::uint64_t filled_frames = 0;    ///< of these, how many are silence in the file
  bool has_marks = false;
  std::uint64_t marks_lost = 0;
  std::vector<Gap> gaps;                  ///< lost before they came to the stream, as its marks record
  std::vector<shm::CaptureMark> resumed;  ///< where capture began anew within the recording
  EndReason reason = EndReason::ended;
  std::string detail;  ///< the two streams of a replacement, or the error

  [[nodiscard]] std::uint64_t lost_frames() const;
  [[nodiscard]] double seconds() const { return static_cast<double>(frames) / audio.rate; }
  /// Several lines for people.
  [[nodiscard]] std::vector<std::string> text() const;
  [[nodiscard]] std::string json() const;  ///< one line
};

}  // namespace shm::programs
