// SPDX-License-Identifier: Apache-2.0
#include "results/summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace shm::bench {
namespace {

using Json = nlohmann::json;

/// Few enough digits to be read, enough to compare.
std::string figure(double value) {
  if (value < 10) return fmt::format("{:.2f}", value);
  if (value < 100) return fmt::format("{:.1f}", value);
  return value < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string text(const Json& value) { return value.get<std::string>(); }

}  // namespace

std::string summary_of(const Json& found) {
  std::string all;
  const auto out = std::back_inserter(all);
  const Json& machine = found["machine"];
  fmt::format_to(out, "{}, {} processors, {}; sender on {}, receivers on {}\n", text(machine["processor"]),
                 machine["processors"].get<int>(), text(machine["kernel"]),
                 found["pinning"]["sender"].get<int>(), found["pinning"]["receivers"].get<int>());
  fmt::format_to(out, "\nRows in which a peer is ahead: {}\n", found["lost"].empty() ? "none" : "");
  for (const Json& row : found["lost"]) {
    fmt::format_to(out, "  {:12} {:32} {:16} {:8} ours {:>9}  {} {:>9} {}  {:.2f}\n", text(row["question"]),
                   text(row["name"]), text(row["metric"]), text(row["placement"]), figure(row["ours"]),
                   text(row["best"]), figure(row["theirs"]), text(row["unit"]), row["ratio"].get<double>());
  }
  fmt::format_to(out, "\nBars: so many times the limit at most\n");
  for (const Json& row : found["bars"]) {
    fmt::format_to(out, "  {:12} {:32} {:16} {:8} {:.2f} of {:18} {:.2f} {}\n", text(row["question"]),
                   text(row["name"]), text(row["metric"]), text(row["placement"]), row["ratio"].get<double>(),
                   text(row["limit"]), row["bar"].get<double>(), row["met"].get<bool>() ? "met" : "NOT MET");
  }
  fmt::format_to(out, "\nPlacements of the processors: ");
  for (const auto& [placement, count] : found["placements"].items()) {
    fmt::format_to(out, "{} {}  ", placement, count.get<int>());
  }
  fmt::format_to(out, "\n");
  for (const Json& one : found["implementations"]) {
    if (!one.value("missing", "").empty()) {
      fmt::format_to(out, "skipped {}: {}\n", text(one["name"]), text(one["missing"]));
    }
  }
  for (const Json& one : found["failures"]) {
    fmt::format_to(out, "failed  {}, {}: {}\n", text(one["implementation"]), text(one["name"]),
                   text(one["what"]));
  }
  if (found["stopped"].get<bool>()) {
    fmt::format_to(out, "The time was up before all was measured: the machine is busy, or slow.\n");
  }
  fmt::format_to(out, "{:.0f} s\n", found["took_s"].get<double>());
  return all;
}

}  // namespace shm::bench
