// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/hz_period.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

#include "common/text.hpp"

namespace shm::programs {

std::string measured_text(const Measured& measured) {
  return fmt::format("{:.2f} items/s  {}/s", measured.items_per_second,
                     bytes_text(static_cast<std::uint64_t>(std::min(measured.bytes_per_second, 1e18))));
}

std::string troubles_text(const Period& period) {
  std::string text;
  if (period.lost_items > 0) {
    text += fmt::format("  LOST {} in {}", count_text(period.lost_items, "item"),
                        count_text(period.lost_ranges, "range"));
  }
  if (period.decreasing > 0) text += fmt::format("  {} earlier than the item before", period.decreasing);
  if (period.timeless > 0) text += fmt::format("  {} without a time", count_text(period.timeless, "item"));
  return text;
}

Json period_json(const Period& period, const Measured& measured) {
  const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
  return {{"seconds", rounded(measured.seconds)},
          {"items", measured.items},
          {"items_per_second", rounded(measured.items_per_second)},
          {"bytes_per_second", rounded(measured.bytes_per_second)},
          {"lost_items", period.lost_items},
          {"lost_ranges", period.lost_ranges},
          {"decreasing", period.decreasing},
          {"timeless", period.timeless},
          {"interval_ns", intervals_json(period.intervals)}};
}

}  // namespace shm::programs
