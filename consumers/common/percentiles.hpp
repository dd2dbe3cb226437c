// Percentiles of any number of durations in constant memory: a histogram whose buckets are 1 % wide.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace shm::consumers {

class Percentiles {
 public:
  /// A value in milliseconds. Below a microsecond (a clock may be off by so much) is taken for one.
  void add(double milliseconds);
  /// The value that `percent` of all are at or below, to 1 %; empty if there are none.
  [[nodiscard]] std::optional<double> at(double percent) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

}  // namespace shm::consumers
