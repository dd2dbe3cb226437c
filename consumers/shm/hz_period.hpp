// SPDX-License-Identifier: Apache-2.0

// The measurements of `shm hz` over a period, as text and as JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/json.hpp"
#include "consumers/shm/intervals.hpp"
#include "shm/base/index_range.hpp"

namespace shm::programs {

using HzClock = std::chrono::steady_clock;

/// The counts between two looks at the stream.
struct Period {
  HzClock::time_point since;
  shm::Index first = 0;  // of the items that came in it
  double bytes = 0;      // that had been inserted before
  std::uint64_t lost_items = 0;
  std::uint64_t lost_ranges = 0;
  std::uint64_t decreasing = 0;  // times that were before that of the item before
  std::uint64_t timeless = 0;    // items whose time is overwritten
  Intervals intervals;
};

/// The rates of a period.
struct Measured {
  double seconds = 0;
  std::uint64_t items = 0;
  double items_per_second = 0;
  double bytes_per_second = 0;
};

/// "48000.00 items/s  96.0 kB/s"
[[nodiscard]] std::string measured_text(const Measured& measured);
/// "  LOST 3 items in 1 range"; empty if nothing is wrong.
[[nodiscard]] std::string troubles_text(const Period& period);
[[nodiscard]] Json period_json(const Period& period, const Measured& measured);

}  // namespace shm::programs
