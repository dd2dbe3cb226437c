// SPDX-License-Identifier: Apache-2.0

// Looks up the bucket of a key. A bucket is a hint: a writer that died may have left buckets of items that
// were never published, and a bucket may be overwritten. Callers check the place that they find.
#pragma once

#include <cstdint>
#include <optional>

#include "shm/base/index_range.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/shared_memory_ops.hpp"

namespace shm {

[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t key, std::int64_t quantum) noexcept {
  const std::int64_t quotient = key / quantum;
  return quotient - static_cast<std::int64_t>(key % quantum < 0);
}

/// The range of places in which the first at or after `key` should be, or at its end: places before its begin
/// should be before the key, and the place at its end should not. Empty: the bucket is not there.
template <class Buckets>  // ring::RingReader or ItemSource
[[nodiscard, gnu::always_inline]] inline std::optional<IndexRange> bucket_of(const Buckets& buckets,
                                                                             std::int64_t quantum,
                                                                             std::int64_t key,
                                                                             IndexRange within) noexcept {
  const std::int64_t number = floor_divide(key, quantum);
  constexpr auto most = static_cast<std::int64_t>(layout::bucket_bias) - 2;
  if (number > most || number < -most) return std::nullopt;
  const Index bucket = layout::bucket_bias + static_cast<std::uint64_t>(number);
  const Index inserted = buckets.inserted();
  if (bucket >= inserted) return std::nullopt;
  const auto place_in = [&](Index at) { return ring::load_unit<std::uint64_t>(buckets.at(at)); };
  const std::uint64_t first = place_in(bucket);
  const bool is_newest = bucket + 1 == inserted;  // its places go on to the newest
  const std::uint64_t next = is_newest ? within.end : place_in(bucket + 1);
  if (!buckets.intact(bucket)) return std::nullopt;
  const IndexRange range{std::max(first, within.begin), std::min(next, within.end)};
  if (range.begin > range.end) return std::nullopt;
  return range;
}

}  // namespace shm
