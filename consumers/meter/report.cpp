// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

#include "common/json.hpp"
#include "common/text.hpp"

namespace shm::programs {
namespace {

/// Silence has no level in decibels, and JSON no infinity.
Json level_json(double amplitude) {
  const double level = dbfs(amplitude);
  return std::isfinite(level) ? Json(std::round(level * 100) / 100) : Json(nullptr);
}

Json milliseconds_json(const std::optional<double>& value) {
  return value ? Json(std::round(*value * 1000) / 1000) : Json(nullptr);
}

std::string milliseconds_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f} ms", *value) : "-";
}

}  // namespace

std::string reading_text(const Reading& reading) {
  std::string text = fmt::format("{:>10}", reading.index);
  for (std::size_t i = 0; i < reading.levels.size(); ++i) {
    text += fmt::format("  ch{} peak {:5.1f} rms {:5.1f} dBFS", i + 1, dbfs(reading.levels[i].peak),
                        dbfs(reading.levels[i].rms));
  }
  text += "  delay " + milliseconds_text(reading.delay_ms);
  if (reading.lost > 0) text += fmt::format("  lost {}", reading.lost);
  if (reading.gap > 0) text += fmt::format("  gap {}", reading.gap);
  return text;
}

std::string reading_json(const Reading& reading) {
  auto peak = Json::array();
  auto rms = Json::array();
  for (const Level& level : reading.levels) {
    peak.push_back(level_json(level.peak));
    rms.push_back(level_json(level.rms));
  }
  return json_line({{"time", reading.time},
                    {"index", reading.index},
                    {"peak", std::move(peak)},
                    {"rms", std::move(rms)},
                    {"delay_ms", milliseconds_json(reading.delay_ms)},
                    {"lost", reading.lost},
                    {"gap", reading.gap}});
}

std::string summary_text(const MeterSummary& summary) {
  std::string text = fmt::format("{} read, {} lost, {} told by the producer ({})",
                                 count_text(summary.frames_read, "frame"), summary.frames_lost,
                                 count_text(summary.gaps, "gap"), count_text(summary.gap_frames, "frame"));
  if (summary.delay_ms.count() > 0) {
    text +=
        fmt::format("; delay p50 {}, p90 {}, p99 {}", milliseconds_text(summary.delay_ms.at(50)),
                    milliseconds_text(summary.delay_ms.at(90)), milliseconds_text(summary.delay_ms.at(99)));
  }
  return text;
}

std::string summary_json(const MeterSummary& summary) {
  return json_line({{"summary",
                     {{"seconds", std::round(summary.seconds * 1000) / 1000},
                      {"frames_read", summary.frames_read},
                      {"frames_lost", summary.frames_lost},
                      {"gaps", summary.gaps},
                      {"gap_frames", summary.gap_frames},
                      {"delay_ms",
                       {{"p50", milliseconds_json(summary.delay_ms.at(50))},
                        {"p90", milliseconds_json(summary.delay_ms.at(90))},
                        {"p99", milliseconds_json(summary.delay_ms.at(99))},
                        {"count", summary.delay_ms.count()}}}}}});
}

}  // namespace shm::programs
