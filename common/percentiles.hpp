// SPDX-License-Identifier: Apache-2.0

// Percentiles of any number of durations in constant memory: a histogram whose buckets are 1 % wide, or of
// another width that the constructor gets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace shm::programs {

class Percentiles {
 public:
  /// Values below `smallest` count as `smallest`. The default is a microsecond, since clocks may be off by
  /// that much.
  explicit Percentiles(double smallest = 1e-3, double bucket_width = 0.01)
      : smallest_(smallest), bucket_width_(1 + bucket_width) {}

  /// A value in milliseconds.
  void add(double milliseconds);
  /// The value that `percent` of all values are at or below, to a bucket. Empty if there are no values.
  [[nodiscard]] std::optional<double> at(double percent) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  double smallest_;
  double bucket_width_;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

}  // namespace shm::programs
