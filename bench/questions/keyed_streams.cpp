// SPDX-License-Identifier: Apache-2.0
#include "questions/keyed_streams.hpp"

#include <cmath>
#include <vector>

#include "support/lookups.hpp"

namespace shm::bench {
namespace {

constexpr double rate_of_blocks = 1e9 / static_cast<double>(mean_distance);

std::int64_t exponential(Dice& dice) {
  const double share = (static_cast<double>(dice.below(1U << 30U)) + 0.5) / static_cast<double>(1U << 30U);
  return static_cast<std::int64_t>(-std::log(share) * static_cast<double>(mean_distance));
}

StreamOptions options_for(std::span<const std::int64_t> keys, std::int64_t quantum) {
  StreamOptions options;
  options.history = keys.size();
  if (quantum > 0) {
    const auto span = static_cast<std::uint64_t>((keys.back() - keys.front()) / quantum);
    options.buckets = BucketOptions{.quantum = quantum, .count = span + 64};
  }
  return options;
}

}  // namespace

void make_keys(Lie lie, std::span<std::int64_t> keys) {
  Dice dice;
  std::int64_t key = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    switch (lie) {
      case Lie::irregular:
        key += exponential(dice);
        break;
      case Lie::by_100:
        key = i % 100 == 0 ? key_near(lie, i) + static_cast<std::int64_t>(dice.below(900))
                           : key + mean_distance;
        break;
      default:
        key = key_near(lie, i);
    }
    keys[i] = key;
  }
}

Writer<TimedItem> timed_stream(const std::string& name, std::span<const std::int64_t> keys,
                               std::int64_t quantum) {
  StreamOptions options = options_for(keys, quantum);
  options.timestamp = Timestamp::time_and_value();
  Writer<TimedItem> writer(name, options);
  constexpr std::size_t step = 4096;
  std::vector<TimedItem> items;
  for (std::size_t i = 0; i < keys.size(); i += step) {
    items.clear();
    for (const std::int64_t key : keys.subspan(i, std::min(step, keys.size() - i)))
      items.push_back({key, key});
    writer.append(items);
  }
  return writer;
}

Writer<std::int64_t> stamped_stream(const std::string& name, std::span<const std::int64_t> keys,
                                    std::uint64_t block, std::int64_t quantum) {
  StreamOptions options = options_for(keys, quantum);
  // The readable items: as many as there are slots.
  options.ledger = LedgerOptions{.anchors = keys.size() / block + 64};
  if (block > 1) options.sample_rate = rate_of_blocks;
  Writer<std::int64_t> writer(name, options);
  for (std::size_t i = 0; i < keys.size(); i += block) {
    writer.append(keys.subspan(i, std::min<std::size_t>(block, keys.size() - i)), Stamp::first(keys[i]));
  }
  return writer;
}

}  // namespace shm::bench
