// SPDX-License-Identifier: Apache-2.0

// Messages at a steady rate: the delay of each, counted from its due time. Two questions: waking from sleep
// at 1 kHz, where only messages count whose receiver did sleep; and the whole distribution at three rates,
// spinning and asleep apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

/// The shared state of the processes: the pace, and a delay for each message.
class Table {
 public:
  Table(double rate_hz, std::uint64_t messages) : delays_(messages * sizeof(float)) {
    pace().period_ns = 1e9 / rate_hz;
    pace().messages = messages;
    for (std::uint64_t i = 0; i < messages; ++i) delays()[i] = not_received;
  }
  [[nodiscard]] Pace& pace() const { return *pace_; }
  [[nodiscard]] float* delays() const { return reinterpret_cast<float*>(delays_.data()); }

 private:
  Shared<Pace> pace_;
  SharedPages delays_;
};

struct Found {
  std::vector<double> delays;
  std::uint64_t lost = 0;
  double kept_up = 1;  ///< how much of the rate was reached
};

Found found_in(const Table& table) {
  Found found;
  const std::uint64_t sent = table.pace().sent.load();
  for (std::uint64_t i = 0; i < sent; ++i) {
    const float delay = table.delays()[i];
    if (delay == not_received) ++found.lost;
    if (delay >= 0) found.delays.push_back(static_cast<double>(delay));
  }
  const double due_ns = static_cast<double>(sent) * table.pace().period_ns;
  found.kept_up =
      std::min(1.0, due_ns / static_cast<double>(std::max<std::int64_t>(1, table.pace().took_ns.load())));
  return found;
}

void run_pair(const Run& run, const Implementation& implementation, const Channel& channel,
              const Table& table, Probe& probe) {
  const auto link = implementation.link(channel);
  run_together({{run.processors().here,
                 [&] {
                   const auto sending = link->sender();
                   sending->greet(table.pace().greeting, 1);
                   probe.ask_before();
                   sending->keep_pace(table.pace(), 1);
                   probe.ask_after();
                 }},
                {run.processors().there,
                 [&] {
                   const auto receiving = link->receiver(0);
                   receiving->greet(table.pace().greeting);
                   probe.answer();
                   receiving->keep_pace(table.pace(), table.delays());
                   probe.answer();
                 }}},
               std::chrono::seconds(20));
}

std::vector<Point> curve_of(std::vector<double> delays) {
  std::sort(delays.begin(), delays.end());
  std::vector<Point> curve;
  const auto last = static_cast<double>(delays.size() - 1);
  // Ten steps from each nine to the next, as far as there are ten messages beyond.
  for (double beyond = 1; beyond * static_cast<double>(delays.size()) >= 10; beyond /= 1.2589254117941673) {
    curve.push_back({100 * (1 - beyond), delays[static_cast<std::size_t>(std::lround((1 - beyond) * last))]});
  }
  return curve;
}

// --- wake ---

bool measure_wake(Run& run, const Case& of, const Implementation& implementation, int round) {
  const auto messages = static_cast<std::uint64_t>(run.lasting(200));
  const Table table(of.rate_hz, messages);
  table.pace().asleep_only = true;
  Probe probe;
  run_pair(run, implementation, {.name = run.next_name(), .bytes = of.bytes, .wait = Wait::sleep}, table,
           probe);
  const Found found = found_in(table);
  const bool slept = found.delays.size() >= messages / 2;
  if (!run.stayed(of, implementation, round, probe) || !slept) return false;
  const Percentiles delays = percentiles_of(found.delays);
  const Moment moment{round, probe.found().placement()};
  run.results().add(of, {.name = "p50", .unit = "ns", .limits = {"bare futex"}, .bar = 1.25},
                    implementation.is.name, moment, delays.p50);
  run.results().add(of, {.name = "p99", .unit = "ns", .limits = {"bare futex"}}, implementation.is.name,
                    moment, delays.p99);
  return true;
}

// --- the whole distribution ---

bool measure_paced(Run& run, const Case& of, Wait wait, const Implementation& implementation, int round) {
  const auto messages =
      static_cast<std::uint64_t>(of.rate_hz * static_cast<double>(run.lasting(250'000'000)) / 1e9);
  const Table table(of.rate_hz, messages);
  table.pace().budget_ns = run.lasting(1'000'000'000);
  Probe probe;
  run_pair(run, implementation, {.name = run.next_name(), .bytes = of.bytes, .wait = wait}, table, probe);
  if (!run.stayed(of, implementation, round, probe)) return false;
  const Found found = found_in(table);
  if (found.delays.empty()) throw std::runtime_error("no message arrived");
  const Percentiles delays = percentiles_of(found.delays);
  const Moment moment{round, probe.found().placement()};
  const std::vector<std::string> limits{wait == Wait::spin ? "unchecked ring" : "bare futex"};
  Results& results = run.results();
  const std::string& name = implementation.is.name;
  results.add_curve(of, {.name = "delay", .unit = "ns", .is_compared = false}, name, moment,
                    curve_of(found.delays));
  results.add(of, {.name = "p50", .unit = "ns", .limits = limits}, name, moment, delays.p50);
  results.add(of, {.name = "p99", .unit = "ns", .limits = limits}, name, moment, delays.p99);
  results.add(of, {.name = "p99.9", .unit = "ns", .is_compared = false}, name, moment, delays.p999);
  results.add(of, {.name = "max", .unit = "ns", .is_compared = false}, name, moment,
              *std::max_element(found.delays.begin(), found.delays.end()));
  results.add(of, {.name = "kept up", .unit = "fraction", .less_is_better = false, .is_compared = false},
              name, moment, found.kept_up);
  results.add(of, {.name = "lost", .unit = "messages", .is_compared = false}, name, moment,
              static_cast<double>(found.lost));
  return true;
}

std::string in_words(double rate_hz) {
  return rate_hz >= 1e6 ? fmt::format("{:g} MHz", rate_hz / 1e6) : fmt::format("{:g} kHz", rate_hz / 1e3);
}

}  // namespace

void ask_wake(Run& run) {
  for (const std::size_t bytes : run.sizes({8, 4096}, {8})) {
    const Case of{.question = "wake",
                  .name = "wake, " + in_words(bytes),
                  .bytes = bytes,
                  .wait = "sleep",
                  .rate_hz = 1000};
    run.interleave(
        of, [&](const Implementation& one) { return one.is.sleeps && bytes <= one.is.most_bytes; },
        [&](const Implementation& one, int round) { return measure_wake(run, of, one, round); });
  }
}

void ask_paced(Run& run) {
  for (const Wait wait : {Wait::spin, Wait::sleep}) {
    for (const double rate : {1e3, 48e3, 1e6}) {
      const Case of{.question = "paced",
                    .name = "64 B at " + in_words(rate) + (wait == Wait::spin ? ", spinning" : ", asleep"),
                    .bytes = 64,
                    .wait = words(wait),
                    .rate_hz = rate};
      run.interleave(
          of,
          [&](const Implementation& one) {
            // One that holds one message cannot be late; it is a limit as long as it is not too fast.
            return waits(one, wait) && (!one.is.one_at_a_time || rate < 2e3);
          },
          [&](const Implementation& one, int round) { return measure_paced(run, of, wait, one, round); });
    }
  }
}

}  // namespace shm::bench
