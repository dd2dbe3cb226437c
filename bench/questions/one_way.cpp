// SPDX-License-Identifier: Apache-2.0

// One-way latency: a message goes to and fro between two processes, halved. Spinning and asleep are two
// questions.
#include <algorithm>

#include "questions/ping_pong.hpp"

namespace shm::bench {
namespace {

constexpr std::size_t most_stamps = 50'000;

/// The shared state of the two processes.
struct Table {
  Greeting there;
  Greeting back;
  std::size_t blocks = 0;
  std::size_t singles = 0;
  float block_ns[most_stamps];
  float single_ns[most_stamps];
};

struct Plan {
  RoundTrips warm_up;
  RoundTrips blocks;
  RoundTrips singles;
};

Plan plan_for(const Run& run, Wait wait) {
  if (wait == Wait::sleep) {
    return {.warm_up = {1, 200, run.lasting(5'000'000)},
            .blocks = {1, most_stamps, run.lasting(60'000'000)},
            .singles = {1, most_stamps, run.lasting(60'000'000)}};
  }
  return {.warm_up = {1, 2000, run.lasting(5'000'000)},
          .blocks = {16, 1000, run.lasting(20'000'000)},
          .singles = {1, most_stamps, run.lasting(20'000'000)}};
}

void ask_side(Link& there, Link& back, Table& table, Probe& probe, const Plan& plan) {
  const auto sending = there.sender();
  const auto receiving = back.receiver(0);
  sending->greet(table.there, 1);
  receiving->greet(table.back);
  loops::sleep_for_us(2000);  // the last hello is read by now
  static_cast<void>(sending->ask(*receiving, plan.warm_up, table.block_ns));
  sending->send(the_end);
  probe.ask_before();
  table.blocks = sending->ask(*receiving, plan.blocks, table.block_ns);
  table.singles = sending->ask(*receiving, plan.singles, table.single_ns);
  sending->send(the_end);
  probe.ask_after();
}

void answer_side(Link& there, Link& back, Table& table, Probe& probe) {
  const auto sending = back.sender();
  const auto receiving = there.receiver(0);
  receiving->greet(table.there);
  sending->greet(table.back, 1);
  sending->answer(*receiving);
  probe.answer();
  sending->answer(*receiving);
  probe.answer();
}

std::vector<double> samples_of(const float* ns, std::size_t count, double less) {
  std::vector<double> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(std::max(0.0, static_cast<double>(ns[i]) - less));
  return samples;
}

}  // namespace

std::optional<OneWay> ping_pong(Run& run, const Case& of, Channel channel,
                                const Implementation& implementation, int round) {
  const auto there = implementation.link(channel);
  const Wait wait = channel.wait;
  channel.name = run.next_name();
  const auto back = implementation.link(channel);
  const Shared<Table> table;
  Probe probe;
  const Plan plan = plan_for(run, wait);
  run_together({{run.processors().here, [&] { ask_side(*there, *back, *table, probe, plan); }},
                {run.processors().there, [&] { answer_side(*there, *back, *table, probe); }}},
               std::chrono::seconds(20));
  if (!run.stayed(of, implementation, round, probe)) return std::nullopt;
  // Each single round trip has a stamp, whose cost is taken off again. The tick may be 10 ns wide: the median
  // is of blocks.
  return OneWay{
      .p50_ns = median_of(samples_of(table->block_ns, table->blocks, 0)),
      .p99_ns = percentiles_of(samples_of(table->single_ns, table->singles, ticks_cost_ns() / 2)).p99,
      .line_ns = probe.found().line_ns(),
      .moment = {round, probe.found().placement()}};
}

namespace {

bool measure(Run& run, const Case& of, Wait wait, const std::vector<std::string>& limits,
             const Implementation& implementation, int round) {
  const auto found =
      ping_pong(run, of, {.name = run.next_name(), .bytes = of.bytes, .wait = wait}, implementation, round);
  if (!found) return false;
  const bool is_barred = wait == Wait::spin && of.bytes <= 48;
  const Metric p50{.name = "p50", .unit = "ns", .limits = limits, .bar = is_barred ? 1.15 : 0};
  const Metric p99{.name = "p99", .unit = "ns", .limits = limits};
  Results& results = run.results();
  results.add(of, p50, implementation.is.name, found->moment, found->p50_ns);
  results.add(of, p99, implementation.is.name, found->moment, found->p99_ns);
  if (is_barred && implementation.is.kind == Kind::ours) {
    results.add(of, p50, "bare line", found->moment, found->line_ns);
  }
  return true;
}

void ask(Run& run, Wait wait, std::size_t bytes) {
  const bool spins = wait == Wait::spin;
  const Case of{.question = "one-way",
                .name = "one way, " + in_words(bytes) + (spins ? ", spinning" : ", asleep"),
                .bytes = bytes,
                .wait = words(wait)};
  std::vector<std::string> limits{"bare futex"};
  if (spins) limits = {"mailbox", "read-only mailbox"};
  if (spins && bytes <= 48) limits.insert(limits.begin(), "bare line");
  run.interleave(
      of, [&](const Implementation& one) { return waits(one, wait) && bytes <= one.is.most_bytes; },
      [&](const Implementation& one, int round) { return measure(run, of, wait, limits, one, round); });
}

}  // namespace

void ask_one_way(Run& run) {
  const std::size_t KiB = 1024;
  for (const std::size_t bytes :
       run.sizes({8, 48, 64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, KiB * KiB},
                 {8, 48, 64, KiB, 64 * KiB, KiB * KiB})) {
    ask(run, Wait::spin, bytes);
  }
  for (const std::size_t bytes : run.sizes({8, KiB, 16 * KiB, 256 * KiB, KiB * KiB}, {8, 64 * KiB})) {
    ask(run, Wait::sleep, bytes);
  }
}

}  // namespace shm::bench
