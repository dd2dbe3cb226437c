// SPDX-License-Identifier: Apache-2.0

// The time to find the index of a key, and the key of an index, by each index map, and how it grows with the
// number of items. One process: a writer has filled the stream, a reader looks keys up.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "questions/keyed_streams.hpp"
#include "questions/run.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/reader.hpp"
#include "support/lookups.hpp"

namespace shm::bench {
namespace {

constexpr double flat_ns = 20;          // the bar for maps that find a key in one step, at every size
constexpr double logarithmic_ns = 150;  // and of those that search, with a million items
constexpr double most_growth = 1.5;     // of the former, from the smallest size to the largest
constexpr std::uint64_t million = 1'000'000;

/// The ways of looking up: three from a key to an index, two back.
struct Asked {
  const char* name;
  Way way;
  bool is_back;
};
constexpr std::array<Asked, 5> all_asked{{{"overlapping", Way::overlapping, false},
                                          {"dependent", Way::dependent, false},
                                          {"in order", Way::in_order, false},
                                          {"back, overlapping", Way::overlapping, true},
                                          {"back, dependent", Way::dependent, true}}};

struct Costs {
  double ours_ns = 0;
  double search_ns = 0;  ///< std::lower_bound
  double load_ns = 0;    ///< one load of memory as large as the searched data
};
using Found = std::array<Costs, all_asked.size()>;

struct Question {
  const Asked* asked;
  double stretch_ns;
};

/// A map, and the searches that it is compared with.
template <class Map>
class Comparison {
 public:
  Comparison(Map map, IndexRange within, Lie lie, std::span<const std::int64_t> plain)
      : map_(std::move(map)), within_(within), lie_(lie), plain_(plain) {
    check();
  }

  [[nodiscard]] Costs ask(const Question& question) const {
    Stretches stretches(question.asked->way, plain_.size(), question.stretch_ns);
    if (question.asked->is_back) {
      return {.ours_ns = stretches.ns(
                  [this](std::uint64_t place) { return static_cast<std::uint64_t>(*map_.key(place)); })};
    }
    const double ours_ns =
        stretches.ns([this](std::uint64_t place) { return map_.lower(key_of(place), within_); });
    return {.ours_ns = ours_ns,
            .search_ns = stretches.ns([this](std::uint64_t place) { return search(key_near(lie_, place)); })};
  }

 private:
  using Key = typename Map::Key;
  static constexpr bool is_identity = std::is_same_v<Map, Identity>;

  [[nodiscard]] Key key_of(std::uint64_t place) const noexcept {
    if constexpr (is_identity) return place;
    return static_cast<Key>(key_near(lie_, place));
  }
  [[nodiscard]] std::uint64_t search(std::int64_t key) const noexcept {
    return static_cast<std::uint64_t>(std::lower_bound(plain_.begin(), plain_.end(), key) - plain_.begin());
  }
  /// Checks the results. Also loads the pages of the stream: places are closer to each other than pages.
  void check() const {
    const std::uint64_t step = std::max<std::uint64_t>(1, plain_.size() / 200'000);
    for (std::uint64_t place = 0; place < plain_.size(); place += step) {
      const std::uint64_t right = is_identity ? place : search(key_near(lie_, place));
      const auto key = map_.key(place);
      const auto due = is_identity ? static_cast<Key>(place) : static_cast<Key>(plain_[place]);
      if (map_.lower(key_of(place), within_) != right || !key || *key != due) {
        throw std::runtime_error(fmt::format("item {}: the wrong index, or the wrong key", place));
      }
    }
  }

  Map map_;
  IndexRange within_;
  Lie lie_;
  std::span<const std::int64_t> plain_;
};

/// One map of one stream: its name, how it is made, how it is used.
struct Mapped {
  const char* name;
  bool leads;    ///< there, without a search
  bool is_back;  ///< also from an index to a key
  Lie lie;
  std::uint64_t block;   ///< items to a stamp; 0: they carry their keys
  std::int64_t quantum;  ///< of buckets; 0: no buckets
};
constexpr std::array<Mapped, 8> all_mapped{{
    {"identity", true, false, Lie::regular, 0, 0},
    {"affine", true, false, Lie::regular, 0, 0},
    {"buckets", true, false, Lie::irregular, 0, mean_distance},
    {"key in item", false, false, Lie::irregular, 0, 0},
    {"key in item, in bursts", false, false, Lie::bursts, 0, 0},
    {"ledger, an anchor for 100", false, true, Lie::by_100, 100, 0},
    {"ledger, an anchor for each", false, true, Lie::irregular, 1, 0},
    {"ledger with buckets", true, true, Lie::irregular, 1, mean_distance},
}};

/// The data that is searched, as plain memory: items, or anchors.
class Memory {
 public:
  Memory(const Mapped& mapped, std::uint64_t items)
      : entry_bytes_(mapped.block > 0 ? sizeof(Anchor) : sizeof(TimedItem)),
        entries_(mapped.block > 0 ? items / mapped.block : items),
        pages_(entries_ * entry_bytes_) {}

  [[nodiscard]] double load_ns(Way way, double stretch_ns) const {
    return Stretches(way, entries_, stretch_ns).ns([this](std::uint64_t place) {
      return *reinterpret_cast<const std::uint64_t*>(pages_.data() + place * entry_bytes_);
    });
  }

 private:
  std::size_t entry_bytes_;
  std::uint64_t entries_;
  SharedPages pages_;
};

/// All ways with one map.
template <class Map>
Found ask_all_ways(const Comparison<Map>& comparison, const Memory& memory, bool is_back, double stretch_ns) {
  Found found;
  for (std::size_t i = 0; i < all_asked.size(); ++i) {
    const Asked& asked = all_asked[i];
    if (asked.is_back && !is_back) continue;
    found[i] = comparison.ask({&asked, stretch_ns});
    found[i].load_ns = memory.load_ns(asked.way, stretch_ns);
  }
  return found;
}

Found measure_map(const Mapped& mapped, const std::string& name, std::uint64_t items, double stretch_ns) {
  const Memory memory(mapped, items);
  const PlainKeys keys(items);
  const std::span<const std::int64_t> plain = keys.all();
  make_keys(mapped.lie, keys.all());
  const auto ask = [&](auto map, IndexRange within) {
    return ask_all_ways(Comparison(std::move(map), within, mapped.lie, plain), memory, mapped.is_back,
                        stretch_ns);
  };
  if (mapped.block > 0) {
    const auto writer = stamped_stream(name, plain, mapped.block, mapped.quantum);
    Reader<std::int64_t> reader(name, Start::oldest());
    return ask(Ledger(reader.raw()), reader.readable());
  }
  const auto writer = timed_stream(name, plain, mapped.quantum);
  Reader<TimedItem> reader(name, Start::oldest());
  if (std::string_view(mapped.name) == "identity") return ask(Identity(), reader.readable());
  if (std::string_view(mapped.name) == "affine") {
    return ask(Affine<>(0, 0, static_cast<double>(mean_distance)), reader.readable());
  }
  return ask(KeyInItem<>(reader.raw()), reader.readable());
}

Metric metric_of(const Mapped& mapped, const Asked& asked, std::uint64_t items) {
  Metric metric{.name = mapped.name, .unit = "ns", .is_compared = false};
  if (asked.is_back) {
    metric.limits = {"one load"};
  } else if (mapped.leads) {
    metric.limits = {"20 ns", "one load"};
    metric.bar = 1;
  } else if (items == million) {
    metric.limits = {"150 ns", "std::lower_bound", "one load"};
    metric.bar = 1;
  } else {
    metric.limits = {"std::lower_bound", "one load"};
  }
  return metric;
}

/// The cost of one map at one size, or its growth.
struct Row {
  const Mapped& mapped;
  const Asked& asked;
  std::uint64_t items;  ///< 0: growth
  Costs costs;
};

void add(Run& run, const Row& row, const Metric& metric, const std::string& name, int round) {
  const Case of{
      .question = "keys", .name = name + ", " + row.asked.name, .items = row.items, .way = row.asked.name};
  const auto add_value = [&](const std::string& implementation, double value) {
    if (value > 0) run.results().add(of, metric, implementation, {round, {}}, value);
  };
  add_value("libshm", row.costs.ours_ns);
  for (const std::string& limit : metric.limits) {
    if (limit == "20 ns") add_value(limit, flat_ns);
    if (limit == "150 ns") add_value(limit, logarithmic_ns);
    if (limit == "flat") add_value(limit, 1);
    if (limit == "std::lower_bound") add_value(limit, row.costs.search_ns);
    if (limit == "one load") add_value(limit, row.costs.load_ns);
  }
}

/// From the smallest size to the largest.
void add_growth(Run& run, const Mapped& mapped, const std::vector<std::uint64_t>& sizes,
                const std::vector<Found>& found, int round) {
  for (std::size_t i = 0; i < all_asked.size(); ++i) {
    const Costs& least = found.front()[i];
    const Costs& most = found.back()[i];
    if (least.ours_ns <= 0 || all_asked[i].is_back) continue;
    Metric metric{
        .name = mapped.name, .unit = "×", .limits = {"std::lower_bound", "one load"}, .is_compared = false};
    if (mapped.leads) {
      metric.limits = {"flat", "one load"};
      metric.bar = most_growth;
    }
    const Costs growth{most.ours_ns / least.ours_ns, most.search_ns / least.search_ns,
                       most.load_ns / least.load_ns};
    add(run, {mapped, all_asked[i], 0, growth}, metric,
        "growth from " + in_powers(sizes.front()) + " to " + in_powers(sizes.back()) + " items", round);
  }
}

bool measure(Run& run, const Mapped& mapped, const std::vector<std::uint64_t>& sizes, int round) {
  const auto stretch_ns = static_cast<double>(run.lasting(500'000));
  std::vector<Found> all;
  for (const std::uint64_t items : sizes) {
    const Shared<Found> found;
    const std::string name = run.next_name();
    run_together({{run.processors().here, [&] { *found = measure_map(mapped, name, items, stretch_ns); }}},
                 std::chrono::seconds(60));
    all.push_back(*found);
    for (std::size_t i = 0; i < all_asked.size(); ++i) {
      const Asked& asked = all_asked[i];
      if ((*found)[i].ours_ns <= 0) continue;
      add(run, {mapped, asked, items, (*found)[i]}, metric_of(mapped, asked, items),
          in_powers(items) + " items", round);
    }
  }
  add_growth(run, mapped, sizes, all, round);
  return true;
}

}  // namespace

void ask_keys(Run& run) {
  const std::vector<std::uint64_t> sizes =
      run.sizes({1000, 10'000, 100'000, million, 10 * million}, {1000, 100'000, million});
  for (const Mapped& mapped : all_mapped) {
    const Case of{.question = "keys", .name = mapped.name};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation&, int round) { return measure(run, mapped, sizes, round); });
  }
}

}  // namespace shm::bench
