// Batches appended and read, beside memcpy of the same bytes into and out of memory of the ring's size.
#pragma once

#include <vector>

#include "compare/comparison.hpp"

namespace shm::bench {

class BatchCopy {
 public:
  BatchCopy();

  /// All sizes, each against memcpy in alternating stretches. One process.
  void take_round(const Effort& effort);

  [[nodiscard]] std::vector<Comparison> comparisons() const;

 private:
  std::vector<Comparison> appends_;
  std::vector<Comparison> reads_;
};

}  // namespace shm::bench
