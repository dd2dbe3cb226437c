// From publishing to the wake of a reader that sleeps, beside a bare futex that does the same.
#pragma once

#include "compare/comparison.hpp"
#include "support/peer.hpp"

namespace shm::bench {

class Wake {
 public:
  /// A stretch of each, at 1 kHz, in one pair of processes. @throws std::runtime_error
  void take_round(const Processors& processors, const Effort& effort);

  [[nodiscard]] const Comparison& p50() const noexcept { return p50_; }
  [[nodiscard]] const Comparison& p99() const noexcept { return p99_; }
  /// Wakes that were not counted because the reader had not been asleep.
  [[nodiscard]] int found_awake() const noexcept { return found_awake_; }

 private:
  Comparison p50_{"wake p50, 8 bytes, at 1 kHz", "bare futex", 1.25};
  Comparison p99_{"wake p99, 8 bytes, at 1 kHz", "bare futex", 0};
  int found_awake_ = 0;
  bool futex_first_ = true;
};

}  // namespace shm::bench
