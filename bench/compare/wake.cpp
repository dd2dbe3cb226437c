#include "compare/wake.hpp"

#include <sys/resource.h>
#include <time.h>

#include <array>
#include <stdexcept>
#include <string>

#include "limits/bare_futex.hpp"
#include "shm/reader.hpp"
#include "shm/writer.hpp"
#include "support/clock.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

constexpr std::int64_t period_ns = 1'000'000;
constexpr std::size_t most_wakes = 4096;

/// Latencies as the sleeper found them; 0: it had not been asleep.
using Latencies = std::array<std::int64_t, most_wakes>;

struct Table {
  Meeting meeting;
  BareFutex futex;
  Latencies bare;
  Latencies ours;
};

/// How often this thread gave up its processor: it grows when it sleeps.
long times_slept() {
  ::rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

/// Runs `wait`, which sleeps and gives the time of publishing: a latency if it did sleep, else 0.
template <class Wait>
std::int64_t take_wake(Wait wait) {
  const long slept = times_slept();
  const std::int64_t published_ns = wait();
  const std::int64_t now_ns = monotonic_ns();
  return times_slept() > slept ? now_ns - published_ns : 0;
}

template <class Publish>
void publish_paced(int wakes, Publish publish) {
  std::int64_t next_ns = monotonic_ns();
  for (int i = 0; i < wakes; ++i) {
    next_ns += period_ns;
    const ::timespec time{static_cast<::time_t>(next_ns / 1'000'000'000),
                          static_cast<long>(next_ns % 1'000'000'000)};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
    publish();
  }
}

void sleep_on_futex(Table& table, int wakes) {
  const std::uint32_t first = table.futex.word.load(std::memory_order_acquire);
  table.meeting.meet();
  std::uint32_t seen = first;
  while (seen - first < static_cast<std::uint32_t>(wakes)) {
    const std::int64_t latency = take_wake([&] {
      seen = sleep_on(table.futex, seen);  // may be on by more than one: those passed over stay 0
      return table.futex.published_ns.load(std::memory_order_relaxed);
    });
    table.bare.at(seen - first - 1) = latency;
  }
}

void sleep_on_stream(Table& table, int wakes) {
  table.meeting.meet();
  ReaderOptions options;
  options.waiting = Waiting::sleep();
  options.writer_loss_is_error = true;
  Reader<Item<8>> reader("wake", Start::next(), options);
  table.meeting.meet();
  for (int i = 0; i < wakes; ++i) {
    table.ours.at(static_cast<std::size_t>(i)) = take_wake([&] {
      const Next<Item<8>> next = reader.next();
      if (!next) throw std::runtime_error("wake: " + std::string(to_string(next.status)));
      return static_cast<std::int64_t>(next.item.front());
    });
  }
  table.meeting.meet();
}

void wake_futex(Table& table, int wakes) {
  table.meeting.meet();
  publish_paced(wakes, [&] { publish(table.futex); });
}

void wake_stream(Table& table, int wakes) {
  Writer<Item<8>> writer("wake");
  table.meeting.meet();
  table.meeting.meet();
  publish_paced(wakes, [&] { writer.append({static_cast<std::uint64_t>(monotonic_ns())}); });
  table.meeting.meet();
}

std::vector<double> asleep_only(const Latencies& latencies, int wakes) {
  std::vector<double> samples;
  for (int i = 0; i < wakes; ++i) {
    const std::int64_t ns = latencies.at(static_cast<std::size_t>(i));
    if (ns != 0) samples.push_back(static_cast<double>(ns));
  }
  return samples;
}

}  // namespace

void Wake::take_round(const Processors& processors, const Effort& effort) {
  const Shared<Table> table;
  const bool futex_first = std::exchange(futex_first_, !futex_first_);
  Peer peer(processors.there, [&] {
    if (futex_first) sleep_on_futex(*table, effort.wakes);
    sleep_on_stream(*table, effort.wakes);
    if (!futex_first) sleep_on_futex(*table, effort.wakes);
  });
  if (futex_first) wake_futex(*table, effort.wakes);
  wake_stream(*table, effort.wakes);
  if (!futex_first) wake_futex(*table, effort.wakes);
  peer.join();
  const std::vector<double> bare = asleep_only(table->bare, effort.wakes);
  const std::vector<double> ours = asleep_only(table->ours, effort.wakes);
  const auto enough = static_cast<std::size_t>(effort.wakes) / 2;
  found_awake_ += 2 * effort.wakes - static_cast<int>(bare.size() + ours.size());
  if (bare.size() < enough || ours.size() < enough) {  // the machine is too busy
    ++p50_.thrown_away;
    ++p99_.thrown_away;
    return;
  }
  const Percentiles bare_ns = percentiles_of(bare);
  const Percentiles ours_ns = percentiles_of(ours);
  p50_.add(bare_ns.p50, ours_ns.p50);
  p99_.add(bare_ns.p99, ours_ns.p99);
}

}  // namespace shm::bench
