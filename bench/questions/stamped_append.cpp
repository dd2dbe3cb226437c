// SPDX-License-Identifier: Apache-2.0

// The cost of keys for the writer: appends of one item with a checked key, with buckets, with stamps, beside
// plain appends of items of the same size to a stream without keys. There are no readers.
#include <array>
#include <stdexcept>
#include <utility>

#include "questions/keyed_streams.hpp"
#include "questions/run.hpp"
#include "support/lookups.hpp"

namespace shm::bench {
namespace {

constexpr std::uint64_t history = 4096;  // small, so that the memory's part is small
constexpr double rate = 1e9 / static_cast<double>(mean_distance);

struct Costs {
  double ours_ns = 0;
  double plain_ns = 0;
};

StreamOptions plain_options() {
  StreamOptions options;
  options.history = history;
  return options;
}

template <class T>
T item_of(std::int64_t number) {
  if constexpr (std::is_same_v<T, TimedItem>)
    return {number, number};
  else
    return number;
}

/// A stream of items of one type, appended to again and again, and the same without keys.
template <class T, class Append>
Costs compare(const std::string& name, const StreamOptions& options, double stretch_ns, Append append) {
  Writer<T> plain(name + "-plain", plain_options());
  Writer<T> writer(name, options);
  Stretches stretches(Way::in_order, std::uint64_t{1} << 62U, stretch_ns);
  std::int64_t key = 0;
  const double ours_ns = stretches.ns([&](std::uint64_t) {
    append(writer, key += mean_distance);
    return 0U;
  });
  const double plain_ns = stretches.ns([&](std::uint64_t place) {
    plain.append(item_of<T>(static_cast<std::int64_t>(place)));
    return 0U;
  });
  return {ours_ns, plain_ns};
}

Costs timed(const std::string& name, std::int64_t quantum, double stretch_ns) {
  StreamOptions options = plain_options();
  options.timestamp = Timestamp::time_and_value();
  if (quantum > 0) options.buckets = BucketOptions{.quantum = quantum};
  return compare<TimedItem>(name, options, stretch_ns, [](Writer<TimedItem>& writer, std::int64_t key) {
    writer.append({key, key});
  });
}

/// late(key): by how much the stamp is off the line that the items before it are on.
template <class Late>
Costs stamped(const std::string& name, double sample_rate, bool fit, double stretch_ns, Late late) {
  StreamOptions options = plain_options();
  options.sample_rate = sample_rate;
  options.ledger = LedgerOptions{.fit = fit};
  return compare<std::int64_t>(name, options, stretch_ns,
                               [&](Writer<std::int64_t>& writer, std::int64_t key) {
                                 writer.append(key, Stamp::first(key + late(key)));
                               });
}

Costs unstamped(const std::string& name, double stretch_ns) {
  StreamOptions options = plain_options();
  options.sample_rate = rate;
  options.ledger = LedgerOptions{};
  bool is_first = true;
  return compare<std::int64_t>(name, options, stretch_ns,
                               [&](Writer<std::int64_t>& writer, std::int64_t key) {
                                 if (!std::exchange(is_first, false)) {
                                   writer.append(key);
                                 } else {
                                   writer.append(key, Stamp::first(key));
                                 }
                               });
}

struct Variant {
  const char* name;
  Costs (*measure)(const std::string& name, double stretch_ns);
};

std::int64_t on_the_line(std::int64_t) { return 0; }
std::int64_t jittered(std::int64_t key) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(key) * 40503U % 499U);
}

constexpr std::array<Variant, 7> variants{{
    {"its time in the item", [](const std::string& name, double ns) { return timed(name, 0, ns); }},
    {"the same, a bucket for 16",
     [](const std::string& name, double ns) { return timed(name, 16 * mean_distance, ns); }},
    {"the same, a bucket for each",
     [](const std::string& name, double ns) { return timed(name, mean_distance, ns); }},
    {"ledger, no stamp", [](const std::string& name, double ns) { return unstamped(name, ns); }},
    {"ledger, stamped on the line",
     [](const std::string& name, double ns) { return stamped(name, rate, false, ns, on_the_line); }},
    {"ledger, an anchor for each",
     [](const std::string& name, double ns) { return stamped(name, 0, false, ns, jittered); }},
    {"ledger, fitted",
     [](const std::string& name, double ns) { return stamped(name, rate, true, ns, jittered); }},
}};

bool measure(Run& run, const Case& of, const Variant& variant, int round) {
  const Shared<Costs> found;
  const std::string name = run.next_name();
  const auto stretch_ns = static_cast<double>(run.lasting(1'000'000));
  run_together({{run.processors().here, [&] { *found = variant.measure(name, stretch_ns); }}},
               std::chrono::seconds(30));
  const Metric metric{.name = variant.name, .unit = "ns", .limits = {"plain append"}, .is_compared = false};
  run.results().add(of, metric, "libshm", {round, {}}, found->ours_ns);
  run.results().add(of, metric, "plain append", {round, {}}, found->plain_ns);
  return true;
}

}  // namespace

void ask_stamped_append(Run& run) {
  for (const Variant& variant : variants) {
    const Case of{.question = "stamped-append", .name = variant.name};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation&, int round) { return measure(run, of, variant, round); });
  }
}

}  // namespace shm::bench
