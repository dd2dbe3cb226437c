// SPDX-License-Identifier: Apache-2.0

// The output of the meter, in three forms: bars on a terminal (bars.hpp), a line of text, a line of JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/percentiles.hpp"
#include "consumers/meter/levels.hpp"
#include "shm/base/index_range.hpp"

namespace shm::programs {

/// One interval.
struct Reading {
  double time = 0;       ///< seconds since 1970, when it was shown
  shm::Index index = 0;  ///< of the newest frame in it
  std::vector<Level> levels;
  std::optional<double> delay_ms;  ///< from the newest frame's capture until it was shown
  std::uint64_t lost = 0;          ///< frames that this meter lost
  std::uint64_t gap = 0;           ///< frames that the producer marked as not sound
  bool writer_lost = false;
  bool no_data = false;  ///< no frames came: the levels have no meaning
};

struct MeterSummary {
  std::uint64_t frames_read = 0;
  std::uint64_t frames_lost = 0;
  std::uint64_t gaps = 0;
  std::uint64_t gap_frames = 0;
  double seconds = 0;  ///< how long the meter ran
  Percentiles delay_ms;
};

[[nodiscard]] std::string reading_text(const Reading& reading);
[[nodiscard]] std::string reading_json(const Reading& reading);
[[nodiscard]] std::string summary_text(const MeterSummary& summary);
[[nodiscard]] std::string summary_json(const MeterSummary& summary);

}  // namespace shm::programs
