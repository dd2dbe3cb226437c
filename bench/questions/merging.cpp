// SPDX-License-Identifier: Apache-2.0

// Streams merged into one in the order of their keys, beside std::merge over plain arrays of the same items,
// two and two, and the results two and two again. One process; every item is looked at.
#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "questions/keyed_streams.hpp"
#include "questions/run.hpp"
#include "shm/operators/merge.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/stream/reader.hpp"
#include "support/lookups.hpp"

namespace shm::bench {
namespace {

constexpr std::array<std::size_t, 3> counts{2, 8, 64};
constexpr double least_share = 0.7;  // of the rate of std::merge
constexpr int turns = 3;

struct Rates {  // items per second
  double ours = 0;
  double plain = 0;
};

/// Memory for items, of pages as small as a stream's.
class Array {
 public:
  explicit Array(std::size_t count) : pages_(count * sizeof(TimedItem)) {}
  [[nodiscard]] TimedItem* begin() const noexcept { return reinterpret_cast<TimedItem*>(pages_.data()); }

 private:
  SharedPages pages_;
};

/// Arrays that follow each other in memory: where each begins, and the end of all.
using Bounds = std::vector<std::size_t>;

/// Keys 0, 1, 2 and so on, each given to a stream by chance.
Bounds deal(const Array& items, std::size_t total, std::size_t streams) {
  std::vector<std::vector<TimedItem>> hands(streams);
  Dice dice;
  for (std::size_t i = 0; i < total; ++i) {
    const auto key = static_cast<std::int64_t>(i);
    hands[dice.below(streams)].push_back({key, key});
  }
  Bounds bounds{0};
  TimedItem* at = items.begin();
  for (const std::vector<TimedItem>& hand : hands) {
    at = std::copy(hand.begin(), hand.end(), at);
    bounds.push_back(static_cast<std::size_t>(at - items.begin()));
  }
  return bounds;
}

bool is_earlier(const TimedItem& a, const TimedItem& b) { return a.time < b.time; }

/// Merges neighbours until one array is left, into one buffer and the other in turn, and returns that array.
/// `dealt` does not change.
const TimedItem* merge_plain(const Array& dealt, Bounds bounds, std::array<const Array*, 2> room) {
  const TimedItem* from = dealt.begin();
  for (std::size_t pass = 0; bounds.size() > 2; ++pass) {
    TimedItem* const to = room[pass % 2]->begin();
    Bounds merged{0};
    for (std::size_t i = 0; i + 2 < bounds.size(); i += 2) {
      std::merge(from + bounds[i], from + bounds[i + 1], from + bounds[i + 1], from + bounds[i + 2],
                 to + bounds[i], is_earlier);
      merged.push_back(bounds[i + 2]);
    }
    bounds = std::move(merged);
    from = to;
  }
  return from;
}

void require(std::int64_t sum, std::size_t total) {
  const auto count = static_cast<std::int64_t>(total);
  if (sum != count * (count - 1) / 2) throw std::runtime_error("items are missing from what was merged");
}

double merge_streams(const std::string& name, std::size_t streams, std::size_t total) {
  Merge<> merge({.up_to_now = true});
  for (std::size_t i = 0; i < streams; ++i) {
    Reader<TimedItem> reader(name + "-" + std::to_string(i), Start::oldest());
    const KeyInItem<> keys(reader.raw());
    merge.add(std::move(reader), keys);
  }
  const std::uint64_t start = ticks();
  std::int64_t sum = 0;
  while (const auto item = merge.next()) sum += item->as<TimedItem>().value;
  const double ns = ns_between(start, ticks());
  require(sum, total);
  return static_cast<double>(total) / ns * 1e9;
}

double merge_arrays(const Array& dealt, const Bounds& bounds, std::array<const Array*, 2> room) {
  const std::size_t total = bounds.back();
  const std::uint64_t start = ticks();
  const TimedItem* const merged = merge_plain(dealt, bounds, room);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < total; ++i) sum += merged[i].value;
  const double ns = ns_between(start, ticks());
  require(sum, total);
  return static_cast<double>(total) / ns * 1e9;
}

Rates measure_streams(const std::string& name, std::size_t streams, std::size_t total) {
  const Array dealt(total);
  const Array one(total);
  const Array other(total);
  const Bounds bounds = deal(dealt, total, streams);
  std::vector<std::unique_ptr<Writer<TimedItem>>> writers;
  for (std::size_t i = 0; i < streams; ++i) {
    StreamOptions options;
    options.history = bounds[i + 1] - bounds[i];
    options.timestamp = Timestamp::time_and_value();
    writers.push_back(std::make_unique<Writer<TimedItem>>(name + "-" + std::to_string(i), options));
    writers.back()->append(
        std::span<const TimedItem>(dealt.begin() + bounds[i], dealt.begin() + bounds[i + 1]));
  }
  std::vector<double> ours;
  std::vector<double> plain;
  for (int turn = 0; turn < turns; ++turn) {
    ours.push_back(merge_streams(name, streams, total));
    plain.push_back(merge_arrays(dealt, bounds, {&one, &other}));
  }
  return {median_of(std::move(ours)), median_of(std::move(plain))};
}

bool measure(Run& run, const Case& of, std::size_t total, int round) {
  const Shared<Rates> found;
  const std::string name = run.next_name();
  run_together({{run.processors().here, [&] { *found = measure_streams(name, of.items, total); }}},
               std::chrono::seconds(60));
  const Metric metric{.name = "items per second",
                      .unit = "items/s",
                      .less_is_better = false,
                      .limits = {"std::merge"},
                      .bar = 1 / least_share,
                      .is_compared = false};
  run.results().add(of, metric, "libshm", {round, {}}, found->ours);
  run.results().add(of, metric, "std::merge", {round, {}}, found->plain);
  return true;
}

}  // namespace

void ask_merging(Run& run) {
  const std::size_t total = run.sizes({4'000'000}, {1'000'000}).front();
  for (const std::size_t streams : counts) {
    const Case of{.question = "merging",
                  .name = std::to_string(streams) + " streams, " + in_powers(total) + " items",
                  .bytes = sizeof(TimedItem),
                  .items = streams};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation&, int round) { return measure(run, of, total, round); });
  }
}

}  // namespace shm::bench
