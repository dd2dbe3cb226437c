// SPDX-License-Identifier: Apache-2.0

// Percentiles of any number of durations in constant memory: a histogram whose buckets are 1 % wide,
// or as wide as one wants to know it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace shm::programs {

class Percentiles {
 public:
  /// Values below `smallest` are taken for it: a microsecond (a clock may be off by so much), unless the
  /// clocks are better than that.
  explicit Percentiles(double smallest = 1e-3, double bucket_width = 0.01)
      : smallest_(smallest), bucket_width_(1 + bucket_width) {}

  /// A value in milliseconds.
  void add(double milliseconds);
  /// The value that `percent` of all are at or below, to a bucket; empty if there are none.
  [[nodiscard]] std::optional<double> at(double percent) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  double smallest_;
  double bucket_width_;
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

}  // namespace shm::programs
