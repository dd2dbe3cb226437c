// SPDX-License-Identifier: Apache-2.0

// The cost of losing nothing: lossless streams and readers beside lossy ones.
//
//   append      ns of an append while readers in another process keep up, over how many there are
//   throughput  of one reader that spins, held back by the stream where it is lossless, by the benchmark's
//               window where it is not
#include <array>
#include <memory>
#include <thread>

#include "questions/pouring.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/clock.hpp"

namespace shm::bench {
namespace {

constexpr std::uint64_t history = std::uint64_t{1} << 20;  // more than is written while readers sleep
constexpr std::uint64_t per_stretch = 100'000;
constexpr int stretches = 25;

struct Table {
  std::atomic<int> are_there{0};
  std::atomic<int> is_over{0};
  double ns = 0;
};

StreamOptions stream_options(bool lossless) {
  StreamOptions options;
  options.history = history;
  if (lossless) options.lossless = LosslessOptions{};
  return options;
}

void write(const std::string& name, bool lossless, int readers, Table& table) {
  Writer<std::uint64_t> writer(name, stream_options(lossless));
  while (table.are_there.load(std::memory_order_acquire) < readers) loops::sleep_for_us(100);
  std::vector<double> ns;
  for (int i = 0; i < stretches; ++i) {
    const std::uint64_t start = ticks();
    for (std::uint64_t k = 0; k < per_stretch; ++k) writer.append(k);
    ns.push_back(ns_between(start, ticks()) / static_cast<double>(per_stretch));
    loops::sleep_for_us(2000);  // no reader is behind when the next one begins
  }
  table.ns = median_of(std::move(ns));
  table.is_over.store(1, std::memory_order_relaxed);
}

/// Readers that catch up every millisecond or two: each moves its cursor to the newest item.
void follow(const std::string& name, bool lossless, int count, Table& table) {
  ReaderOptions options{.wait_for_stream = std::chrono::seconds(10)};
  if (lossless) options.lossless = Acknowledge::with_read;
  std::vector<std::unique_ptr<Reader<std::uint64_t>>> readers;
  readers.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    readers.push_back(std::make_unique<Reader<std::uint64_t>>(name, Start::next(), options));
  }
  table.are_there.store(count, std::memory_order_release);
  while (table.is_over.load(std::memory_order_relaxed) == 0) {
    for (const auto& reader : readers) reader->seek(Start::next());
    loops::sleep_for_us(500);
  }
}

double append_ns(Run& run, bool lossless, int readers) {
  const Shared<Table> table;
  const std::string name = run.next_name();
  std::vector<Work> works{{run.processors().here, [&] { write(name, lossless, readers, *table); }}};
  if (readers > 0) {
    works.push_back({run.processors().there, [&] { follow(name, lossless, readers, *table); }});
  }
  run_together(works, std::chrono::seconds(30));
  return table->ns;
}

void ask_append_with(Run& run, int readers) {
  const Case of{.question = "lossless",
                .name = "append, " + std::to_string(readers) + (readers == 1 ? " reader" : " readers"),
                .bytes = sizeof(std::uint64_t),
                .receivers = readers};
  const Metric metric{.name = "ns per append", .unit = "ns", .limits = {"lossy"}, .is_compared = false};
  run.interleave(
      of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
      [&](const Implementation& ours, int round) {
        run.results().add(of, metric, "lossy", {round, {}}, append_ns(run, false, readers));
        run.results().add(of, metric, ours.is.name, {round, {}}, append_ns(run, true, readers));
        return true;
      });
}

void ask_throughput_of(Run& run, std::size_t bytes) {
  const Case of{.question = "lossless",
                .name = "throughput, " + in_words(bytes),
                .bytes = bytes,
                .wait = words(Wait::spin)};
  const Metric metric{.name = "bytes per second",
                      .unit = "B/s",
                      .less_is_better = false,
                      .limits = {"lossy"},
                      .is_compared = false};
  run.interleave(
      of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
      [&](const Implementation& ours, int round) {
        Channel channel{
            .name = run.next_name(), .bytes = bytes, .wait = Wait::spin, .goal = Goal::throughput};
        const auto lossy = pour(run, of, channel, ours, round);
        channel.name = run.next_name();
        channel.lossless = true;
        const auto lossless = pour(run, of, channel, ours, round);
        if (!lossy || !lossless || lossy->moment.placement != lossless->moment.placement) return false;
        if (lossless->lost > 0) throw std::runtime_error("a lossless reader lost messages");
        run.results().add(of, metric, "lossy", lossy->moment, lossy->bytes_per_second);
        run.results().add(of, metric, ours.is.name, lossless->moment, lossless->bytes_per_second);
        return true;
      });
}

}  // namespace

void ask_lossless(Run& run) {
  for (const int readers : {0, 1, 16, 250}) ask_append_with(run, readers);
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{1024}, std::size_t{65536}}) {
    ask_throughput_of(run, bytes);
  }
}

}  // namespace shm::bench
