// SPDX-License-Identifier: Apache-2.0

// The intervals between items, or between other events: count, minimum, maximum and percentiles, in constant
// memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/json.hpp"
#include "common/percentiles.hpp"

namespace shm::programs {

class Intervals {
 public:
  void add(std::int64_t ns);  ///< not negative

  [[nodiscard]] std::uint64_t count() const noexcept { return zeros_ + others_.count(); }
  [[nodiscard]] std::int64_t least() const noexcept { return least_; }
  [[nodiscard]] std::int64_t most() const noexcept { return most_; }
  /// In nanoseconds, to 0.1 %: the value that `percent` of all values are at or below. Empty without values.
  [[nodiscard]] std::optional<double> at(double percent) const;

 private:
  Percentiles others_{1e-6, 0.001};  // from a nanosecond on
  std::uint64_t zeros_ = 0;          // zero fits in no bucket, since the width of a bucket is relative
  std::int64_t least_ = 0;
  std::int64_t most_ = 0;
};

/// "min 20.8 us  p50 20.8 us ... max 21.0 us"; "none" without values.
[[nodiscard]] std::string intervals_text(const Intervals& intervals);
/// {"count","min","p50","p90","p99","p99_9","max"} in nanoseconds; without values all but the count are null.
[[nodiscard]] Json intervals_json(const Intervals& intervals);

}  // namespace shm::programs
