// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/intervals.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/json.hpp"
#include "common/text.hpp"

namespace shm::programs {
namespace {

struct Percentile {
  double percent;
  const char* title;
  const char* key;
};
constexpr std::array<Percentile, 4> shown_percentiles{
    {{50, "p50", "p50"}, {90, "p90", "p90"}, {99, "p99", "p99"}, {99.9, "p99.9", "p99_9"}}};

}  // namespace

void Intervals::add(std::int64_t ns) {
  least_ = count() == 0 ? ns : std::min(least_, ns);
  most_ = std::max(most_, ns);
  if (ns == 0) {
    ++zeros_;
  } else {
    others_.add(static_cast<double>(ns) / 1e6);
  }
}

std::optional<double> Intervals::at(double percent) const {
  if (count() == 0) return std::nullopt;
  const double wanted = std::max(1.0, std::ceil(percent / 100 * static_cast<double>(count())));
  const double beyond_zeros = wanted - static_cast<double>(zeros_);
  if (beyond_zeros <= 0) return 0;
  const double percent_of_others = (beyond_zeros - 0.5) / static_cast<double>(others_.count()) * 100;
  // A bucket is reported as its middle, which may lie outside of all values in it.
  return std::clamp(others_.at(percent_of_others).value_or(0) * 1e6, static_cast<double>(least_),
                    static_cast<double>(most_));
}

std::string intervals_text(const Intervals& intervals) {
  if (intervals.count() == 0) return "none";
  std::string text = "min " + duration_text(static_cast<double>(intervals.least()) / 1e9);
  for (const Percentile& shown : shown_percentiles) {
    text += fmt::format("  {} {}", shown.title, duration_text(*intervals.at(shown.percent) / 1e9));
  }
  return text + "  max " + duration_text(static_cast<double>(intervals.most()) / 1e9);
}

Json intervals_json(const Intervals& intervals) {
  const bool any = intervals.count() > 0;
  const auto number = [&](std::int64_t ns) { return any ? Json(ns) : nullptr; };
  Json json{{"count", intervals.count()}, {"min", number(intervals.least())}};
  for (const Percentile& shown : shown_percentiles) {
    const double ns = std::min(intervals.at(shown.percent).value_or(0), 9.2e18);  // what fits
    json[shown.key] = number(std::llround(ns));
  }
  json["max"] = number(intervals.most());
  return json;
}

}  // namespace shm::programs
