// SPDX-License-Identifier: Apache-2.0

// Streams whose items have keys, all of them readable, in this process; and the same keys in plain memory, to
// compare with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "shm/format/item_format.hpp"
#include "shm/stream/writer.hpp"
#include "support/shared.hpp"

namespace shm::bench {

using TimedItem = TimeAndValue<std::int64_t>;  // 16 bytes

/// Keys in plain memory, of pages as small as a stream's.
class PlainKeys {
 public:
  explicit PlainKeys(std::uint64_t count) : pages_(count * sizeof(std::int64_t)), count_(count) {}
  [[nodiscard]] std::span<std::int64_t> all() const noexcept {
    return {reinterpret_cast<std::int64_t*>(pages_.data()), count_};
  }

 private:
  SharedPages pages_;
  std::uint64_t count_;
};

constexpr std::int64_t mean_distance = 1000;  // from key to key

/// How keys lie.
enum class Lie {
  regular,    ///< as a clock ticks
  irregular,  ///< as independent events: a Poisson process
  by_100,     ///< in blocks of 100 of an exact rate, each a little late
  bursts      ///< 10 apart in runs of 100, runs in groups of 100, groups in sessions of 100, far apart
};

void make_keys(Lie lie, std::span<std::int64_t> keys);

/// A key that is as likely near one item as near another: near item `place`.
[[nodiscard]] constexpr std::int64_t key_near(Lie lie, std::uint64_t place) noexcept {
  const auto at = static_cast<std::int64_t>(place);
  if (lie != Lie::bursts) return at * mean_distance;
  return at * 10 + at / 100 * 100'000 + at / 10'000 * 1'000'000'000 + at / 1'000'000 * 10'000'000'000'000;
}

/// Of items that carry their keys. Without buckets: quantum 0.
[[nodiscard]] Writer<TimedItem> timed_stream(const std::string& name, std::span<const std::int64_t> keys,
                                             std::int64_t quantum);

/// Of items that are stamped, `block` of them at a time.
[[nodiscard]] Writer<std::int64_t> stamped_stream(const std::string& name, std::span<const std::int64_t> keys,
                                                  std::uint64_t block, std::int64_t quantum);

}  // namespace shm::bench
