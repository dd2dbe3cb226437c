// SPDX-License-Identifier: Apache-2.0

// The cost of a message for its writer, back to back, without readers and with idle ones.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

struct Table {
  Idle idle;
  double ns = 0;
};

double median_cost(Sending& sending, std::int64_t lasts_ns) {
  constexpr std::size_t chunks = 20;
  const double first = sending.repeat(100);
  const double in_a_chunk =
      static_cast<double>(lasts_ns) / static_cast<double>(chunks) / std::max(1.0, first);
  const auto count = static_cast<std::uint64_t>(std::clamp(in_a_chunk, 1.0, 200'000.0));
  static_cast<void>(sending.repeat(count));
  std::vector<double> ns;
  for (std::size_t i = 0; i < chunks; ++i) ns.push_back(sending.repeat(count));
  return median_of(std::move(ns));
}

bool measure(Run& run, const Case& of, const Implementation& implementation, int round) {
  const auto link = implementation.link({.name = run.next_name(), .bytes = of.bytes, .wait = Wait::sleep});
  const Shared<Table> table;
  std::vector<Work> works{{run.processors().here, [&] {
                             const auto sending = link->sender();
                             if (of.idle > 0) table->idle.wait_until_there(implementation.is);
                             table->ns = median_cost(*sending, run.lasting(30'000'000));
                             table->idle.let_go();
                           }}};
  if (of.idle > 0) {
    works.push_back({run.processors().there, [&] { table->idle.stay(*link, of.idle); }});
  }
  run_together(works, std::chrono::seconds(30));
  const bool is_barred = of.bytes == 8 && of.idle == 0;
  run.results().add(
      of, {.name = "ns per append", .unit = "ns", .limits = {"bare store"}, .bar = is_barred ? 2.0 : 0},
      implementation.is.name, {round, {}}, table->ns);
  return true;
}

void ask(Run& run, std::size_t bytes, int idle) {
  const std::string who =
      idle == 0 ? "nobody there" : fmt::format("{} idle reader{}", idle, idle == 1 ? "" : "s");
  const Case of{.question = "append",
                .name = in_words(bytes) + ", " + who,
                .bytes = bytes,
                .receivers = 0,
                .idle = idle};
  run.interleave(
      of,
      [&](const Implementation& one) {
        return one.is.sends_alone && (idle == 0 || one.is.broadcasts) && bytes <= one.is.most_bytes;
      },
      [&](const Implementation& one, int round) { return measure(run, of, one, round); });
}

}  // namespace

void ask_append(Run& run) {
  for (const std::size_t bytes : {8U, 64U, 4096U}) ask(run, bytes, 0);
  for (const int idle : {1, 16, 256}) ask(run, 8, idle);
}

}  // namespace shm::bench
