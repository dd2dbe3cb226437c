// SPDX-License-Identifier: Apache-2.0

// A query of an interval, in a stream of ten million items: a view in place, which costs as much as finding
// its two ends, however many items lie between. One process, as in keys.cpp.
#include <array>
#include <stdexcept>

#include "questions/keyed_streams.hpp"
#include "questions/run.hpp"
#include "shm/query/interval_reader.hpp"
#include "shm/query/key_in_item.hpp"
#include "support/lookups.hpp"

namespace shm::bench {
namespace {

constexpr std::uint64_t readable = 10'000'000;
constexpr std::array<std::uint64_t, 4> lengths{10, 1000, 100'000, 1'000'000};
constexpr double most_growth = 1.5;

struct Shape {
  const char* name;
  std::int64_t quantum;
};
constexpr std::array<Shape, 2> shapes{{{"key in item", 0}, {"buckets", mean_distance}}};

using Found = std::array<double, lengths.size()>;

Found measure_stream(const Shape& shape, const std::string& name, double stretch_ns) {
  const PlainKeys keys(readable);
  make_keys(Lie::regular, keys.all());
  const auto writer = timed_stream(name, keys.all(), shape.quantum);
  IntervalReader in(keyed<KeyInItem<>>(Reader<TimedItem>(name, Start::oldest())), StampInterval<>::instant());
  // Every length at the same places; no query begins before the first item.
  Stretches stretches(Way::overlapping, readable - lengths.back() - 1, stretch_ns);
  const auto query = [&](std::uint64_t length) {
    return [&in, length](std::uint64_t place) {
      const auto view =
          in.matching({key_near(Lie::regular, place + 1), key_near(Lie::regular, place + 1 + length)});
      if (view.size() != length) throw std::runtime_error("an interval holds the wrong items");
      return view.indices().begin;
    };
  };
  Found found;
  std::transform(lengths.begin(), lengths.end(), found.begin(),
                 [&](std::uint64_t length) { return stretches.ns(query(length)); });
  return found;
}

bool measure(Run& run, const Shape& shape, int round) {
  const Shared<Found> found;
  const std::string name = run.next_name();
  const auto stretch_ns = static_cast<double>(run.lasting(1'000'000));
  run_together({{run.processors().here, [&] { *found = measure_stream(shape, name, stretch_ns); }}},
               std::chrono::seconds(60));
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const Case of{.question = "interval-query",
                  .name = in_powers(lengths[i]) + " of " + in_powers(readable) + " items",
                  .items = lengths[i]};
    Metric metric{.name = shape.name, .unit = "ns", .is_compared = false};
    if (i > 0) {
      metric.limits = {"10 items"};
      metric.bar = most_growth;
      run.results().add(of, metric, "10 items", {round, {}}, (*found)[0]);
    }
    run.results().add(of, metric, "libshm", {round, {}}, (*found)[i]);
  }
  return true;
}

}  // namespace

void ask_interval_query(Run& run) {
  for (const Shape& shape : shapes) {
    const Case of{.question = "interval-query", .name = shape.name};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation&, int round) { return measure(run, shape, round); });
  }
}

}  // namespace shm::bench
