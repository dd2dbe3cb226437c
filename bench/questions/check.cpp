// SPDX-License-Identifier: Apache-2.0

// No measurement: does each implementation carry the right data, at each size, with each way of waiting, to
// one receiver and to several?
#include <fmt/format.h>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

constexpr std::size_t KiB = 1024;
constexpr std::chrono::seconds patience(15);

void check_round_trips(Run& run, const Implementation& implementation, std::size_t bytes, Wait wait) {
  const auto there = implementation.link({.name = run.next_name(), .bytes = bytes, .wait = wait});
  const auto back = implementation.link({.name = run.next_name(), .bytes = bytes, .wait = wait});
  struct Table {
    Greeting there;
    Greeting back;
    float ns[100];
  };
  const Shared<Table> table;
  run_together({{run.processors().here,
                 [&] {
                   const auto sending = there->sender();
                   const auto receiving = back->receiver(0);
                   sending->greet(table->there, 1);
                   receiving->greet(table->back);
                   loops::sleep_for_us(2000);
                   if (sending->ask(*receiving, {1, 100, 10'000'000'000}, table->ns) != 100) {
                     throw std::runtime_error("fewer round trips than asked for");
                   }
                   sending->send(the_end);
                 }},
                {run.processors().there,
                 [&] {
                   const auto sending = back->sender();
                   const auto receiving = there->receiver(0);
                   receiving->greet(table->there);
                   sending->greet(table->back, 1);
                   sending->answer(*receiving);
                 }}},
               patience);
}

void check_stream(Run& run, const Implementation& implementation, std::size_t bytes, Wait wait) {
  const auto link =
      implementation.link({.name = run.next_name(), .bytes = bytes, .wait = wait, .goal = Goal::throughput});
  const Shared<Pour> pour;
  pour->lasts_ns = 20'000'000;
  pour->window = link->window();
  run_together({{run.processors().here,
                 [&] {
                   const auto sending = link->sender();
                   sending->greet(pour->greeting, 1);
                   sending->pour(*pour);
                 }},
                {run.processors().there,
                 [&] {
                   const auto receiving = link->receiver(0);
                   receiving->greet(pour->greeting);
                   receiving->drain(*pour);
                 }}},
               patience);
  if (pour->received == 0 || pour->lost > 0 || pour->wrong > 0) {
    throw std::runtime_error(fmt::format("a stream of {}: {} received, {} lost, {} wrong", in_words(bytes),
                                         pour->received, pour->lost, pour->wrong));
  }
}

void check_fan_out(Run& run, const Implementation& implementation) {
  constexpr int receivers = 3;
  constexpr std::uint64_t messages = 20;
  const auto link = implementation.link(
      {.name = run.next_name(), .bytes = 64, .wait = Wait::sleep, .receivers = receivers});
  struct Table {
    Pace pace;
    float delays[receivers][messages];
  };
  const Shared<Table> table;
  table->pace.period_ns = 2e6;
  table->pace.messages = messages;
  std::vector<Work> works{{run.processors().here, [&] {
                             const auto sending = link->sender();
                             sending->greet(table->pace.greeting, receivers);
                             sending->keep_pace(table->pace, receivers);
                           }}};
  for (int i = 0; i < receivers; ++i) {
    std::fill_n(table->delays[i], messages, not_received);
    works.push_back({run.processors().there, [&, i] {
                       const auto receiving = link->receiver(i);
                       receiving->greet(table->pace.greeting);
                       receiving->keep_pace(table->pace, table->delays[i]);
                     }});
  }
  run_together(works, patience);
  for (const auto& delays : table->delays) {
    for (const float delay : delays) {
      if (delay == not_received) throw std::runtime_error("a message did not reach one of three receivers");
    }
  }
}

/// On a busy machine some libraries hang or crash now and then: they get another chance. Wrong data do not.
template <class Check>
void insist(Check check) {
  constexpr int attempts = 3;
  for (int i = 1;; ++i) {
    try {
      return check();
    } catch (const NotDone& error) {
      if (i == attempts) throw;
      fmt::print(stderr, "again: {}\n", error.what());
    }
  }
}

void check_one(Run& run, const Implementation& one) {
  for (const Wait wait : {Wait::spin, Wait::sleep}) {
    if (!waits(one, wait)) continue;
    for (const std::size_t bytes : {std::size_t{8}, std::size_t{64}, 4 * KiB, KiB * KiB}) {
      if (bytes > one.is.most_bytes) continue;
      insist([&] { check_round_trips(run, one, bytes, wait); });
      if (!one.is.one_at_a_time) insist([&] { check_stream(run, one, bytes, wait); });
    }
  }
  if (one.is.sleeps && !one.is.one_at_a_time) insist([&] { check_fan_out(run, one); });
}

}  // namespace

bool check_all(Run& run) {
  bool all = true;
  for (const Implementation& one : run.implementations()) {
    std::string result = "ok";
    if (!one.missing.empty()) {
      result = "skipped: " + one.missing;
    } else {
      try {
        check_one(run, one);
      } catch (const std::exception& error) {
        result = std::string("FAILED: ") + error.what();
        all = false;
      }
    }
    fmt::print("{:24} {}\n", one.is.name, result);
  }
  return all;
}

}  // namespace shm::bench
