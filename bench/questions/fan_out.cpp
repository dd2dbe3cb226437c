// SPDX-License-Identifier: Apache-2.0

// One writer, more and more readers, at 1 kHz, asleep: the cost of a message for its writer, and its delay at
// each reader. And one reader beside 256 idle ones.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

struct Shares {
  Pace pace;
  Idle idle;
};

/// Delays of each receiver, and the cost of each sending.
class Table {
 public:
  Table(std::uint64_t messages, int receivers)
      : messages_(messages), floats_((static_cast<std::uint64_t>(receivers) + 1) * messages * sizeof(float)) {
    std::fill_n(delays(0), (static_cast<std::uint64_t>(receivers) + 1) * messages, not_received);
    shares->pace.period_ns = 1e6;
    shares->pace.messages = messages;
    shares->pace.send_ns = delays(receivers);
  }
  [[nodiscard]] float* delays(int receiver) const {
    return reinterpret_cast<float*>(floats_.data()) + static_cast<std::uint64_t>(receiver) * messages_;
  }
  [[nodiscard]] double median(int row) const {
    std::vector<double> values;
    for (std::uint64_t i = 0; i < messages_; ++i) {
      if (delays(row)[i] >= 0) values.push_back(static_cast<double>(delays(row)[i]));
    }
    if (values.empty()) throw std::runtime_error("no message arrived");
    return median_of(std::move(values));
  }

  Shared<Shares> shares;

 private:
  std::uint64_t messages_;
  SharedPages floats_;
};

void send_all(Link& link, const Case& of, const Description& is, Shares& shares, Probe& probe) {
  const auto sending = link.sender();
  sending->greet(shares.pace.greeting, of.receivers);
  if (of.idle > 0) shares.idle.wait_until_there(is);
  probe.ask_before();
  sending->keep_pace(shares.pace, of.receivers);
  probe.ask_after();
  shares.idle.let_go();
}

void receive_all(Link& link, int number, Table& table, Probe& probe) {
  const auto receiving = link.receiver(number);
  receiving->greet(table.shares->pace.greeting);
  if (number == 0) probe.answer();
  receiving->keep_pace(table.shares->pace, table.delays(number));
  if (number == 0) probe.answer();
}

bool measure(Run& run, const Case& of, const Implementation& implementation, int round) {
  const auto link = implementation.link(
      {.name = run.next_name(), .bytes = of.bytes, .wait = Wait::sleep, .receivers = of.receivers});
  Table table(static_cast<std::uint64_t>(run.lasting(150)), of.receivers);
  Probe probe;
  std::vector<Work> works{
      {run.processors().here, [&] { send_all(*link, of, implementation.is, *table.shares, probe); }}};
  for (int i = 0; i < of.receivers; ++i) {
    works.push_back({run.processors().there, [&, i] { receive_all(*link, i, table, probe); }});
  }
  if (of.idle > 0) {
    works.push_back({run.processors().there, [&] { table.shares->idle.stay(*link, of.idle); }});
  }
  run_together(works, std::chrono::seconds(15));
  if (!run.stayed(of, implementation, round, probe)) return false;
  std::vector<double> delays;
  for (int i = 0; i < of.receivers; ++i) delays.push_back(table.median(i));
  const Spread spread = spread_of(delays);
  const Moment moment{round, probe.found().placement()};
  const auto add = [&](const char* metric, double ns) {
    run.results().add(of, {.name = metric, .unit = "ns", .limits = {"bare futex"}}, implementation.is.name,
                      moment, ns);
  };
  add("send p50", table.median(of.receivers));
  add("delay p50", spread.median);
  add("slowest p50", spread.max);
  return true;
}

}  // namespace

void ask_fan_out(Run& run) {
  for (const int receivers : {1, 2, 4, 8}) {
    const Case of{.question = "fan-out",
                  .name = fmt::format("{} reader{}", receivers, receivers == 1 ? "" : "s"),
                  .bytes = 64,
                  .receivers = receivers,
                  .wait = "sleep",
                  .rate_hz = 1000};
    run.interleave(
        of, [](const Implementation& one) { return one.is.sleeps; },
        [&](const Implementation& one, int round) { return measure(run, of, one, round); });
  }
  const Case idle{.question = "fan-out",
                  .name = "1 reader and 255 idle ones",
                  .bytes = 64,
                  .idle = 255,
                  .wait = "sleep",
                  .rate_hz = 1000};
  run.interleave(
      idle,
      [](const Implementation& one) { return one.is.sleeps && one.is.broadcasts && !one.is.one_at_a_time; },
      [&](const Implementation& one, int round) { return measure(run, idle, one, round); });
}

}  // namespace shm::bench
