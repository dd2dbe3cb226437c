#include "compare/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/clock.hpp"

namespace shm::bench {
namespace {

/// Few enough digits to be read, enough to compare.
std::string ns(double value) {
  if (value < 10) return fmt::format("{:.2f}", value);
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

template <class Of>
double median_over(const std::vector<Percentiles>& rounds, Of of) {
  std::vector<double> values;
  for (const Percentiles& round : rounds) values.push_back(round.*of);
  return median_of(std::move(values));
}

nlohmann::json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

}  // namespace

Machine this_machine() {
  Machine machine;
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    machine.processor = line.substr(std::min(line.find(':') + 2, line.size()));
    break;
  }
  machine.processors = static_cast<int>(std::thread::hardware_concurrency());
  ::utsname name{};
  if (::uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release;
  return machine;
}

void print_machine(const Machine& machine, const Processors& pinned) {
  fmt::print("{}, {} processors, {}\n", machine.processor, machine.processors, machine.kernel);
  fmt::print("two processes, pinned to processors {} and {}; a clock reading costs {:.1f} ns\n\n",
             pinned.here, pinned.there, ticks_cost_ns());
}

void print_one_way(const std::vector<OneWay>& sizes) {
  fmt::print("One way, spinning, ns; medians of the rounds' percentiles, single round trips halved\n");
  fmt::print("{:>8} {:>9} {:>6} {:>10} {:>10} {:>8} {:>8} {:>8} {:>8}\n", "bytes", "placement", "rounds",
             "bare line", "read-only", "p50", "p90", "p99", "p99.9");
  for (const OneWay& size : sizes) {
    for (const auto& [placement, here] : size.by_placement()) {
      std::vector<double> line;
      std::vector<double> read_only;
      for (const auto& round : here.p50) line.push_back(round.first);
      for (const auto& round : here.read_only) read_only.push_back(round.first);
      fmt::print(
          "{:>8} {:>9} {:>6} {:>10} {:>10} {:>8} {:>8} {:>8} {:>8}\n", size.item_bytes(),
          to_string(placement), here.p50.size(), ns(median_of(line)), ns(median_of(read_only)),
          ns(median_over(here.single, &Percentiles::p50)), ns(median_over(here.single, &Percentiles::p90)),
          ns(median_over(here.single, &Percentiles::p99)), ns(median_over(here.single, &Percentiles::p999)));
    }
    if (size.thrown_away() > 0) {
      fmt::print("{:>8} thrown away, the processors moved: {} rounds\n", size.item_bytes(),
                 size.thrown_away());
    }
  }
  fmt::print("\n");
}

void print_bars(const std::vector<Comparison>& comparisons) {
  fmt::print("Against the limits: medians of the rounds, ns; ratio median (min to max)\n");
  fmt::print("{:<43} {:>6} {:<10} {:>8} {:>8}  {:<20} {:>5}\n", "", "rounds", "limit", "", "ours", "ratio",
             "bar");
  for (const Comparison& c : comparisons) {
    if (c.rounds.empty()) {
      if (c.thrown_away > 0) fmt::print("{:<43} all {} rounds thrown away\n", c.what, c.thrown_away);
      continue;
    }
    const Spread ratio = c.ratio();
    fmt::print("{:<43} {:>6} {:<10} {:>8} {:>8}  {:<20} {:>5} {}\n", c.what, c.rounds.size(), c.limit,
               ns(c.limit_ns().median), ns(c.ours_ns().median),
               fmt::format("{:.2f} ({:.2f} to {:.2f})", ratio.median, ratio.min, ratio.max),
               c.bar > 0 ? fmt::format("{:.2f}", c.bar) : "",
               c.bar <= 0   ? ""
               : c.is_met() ? "met"
                            : "NOT MET");
  }
}

nlohmann::json to_json(const Machine& machine, const std::vector<OneWay>& sizes,
                       const std::vector<Comparison>& comparisons) {
  nlohmann::json json;
  json["machine"] = {
      {"processor", machine.processor}, {"processors", machine.processors}, {"kernel", machine.kernel}};
  json["unit"] = "ns";
  for (const OneWay& size : sizes) {
    for (const auto& [placement, here] : size.by_placement()) {
      for (std::size_t i = 0; i < here.p50.size(); ++i) {
        const Percentiles& single = here.single[i];
        json["one_way"].push_back({{"bytes", size.item_bytes()},
                                   {"placement", to_string(placement)},
                                   {"bare_line", here.p50[i].first},
                                   {"read_only_line", here.read_only[i].first},
                                   {"p50_of_blocks", here.p50[i].second},
                                   {"p50", single.p50},
                                   {"p90", single.p90},
                                   {"p99", single.p99},
                                   {"p99.9", single.p999}});
      }
    }
  }
  for (const Comparison& c : comparisons) {
    if (c.rounds.empty()) continue;
    nlohmann::json row = {{"what", c.what},
                          {"limit", c.limit},
                          {"limit_ns", to_json(c.limit_ns())},
                          {"ours_ns", to_json(c.ours_ns())},
                          {"ratio", to_json(c.ratio())},
                          {"rounds", c.rounds.size()},
                          {"thrown_away", c.thrown_away}};
    if (c.bar > 0) {
      row["bar"] = c.bar;
      row["met"] = c.is_met();
    }
    json["comparisons"].push_back(std::move(row));
  }
  return json;
}

}  // namespace shm::bench
