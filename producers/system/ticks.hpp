// SPDX-License-Identifier: Apache-2.0

// The times of samples: start + k / rate, for k = 1, 2, ... Each deadline is counted from the start, so that
// nothing drifts. Ticks that passed while the process was kept from running are skipped, not made up for.
// Pure: the caller has the clock.
//
//   Ticks ticks(now_ns, 10);
//   wait_until(ticks.next_ns());
//   sample();
//   skipped += ticks.advance(now_ns);
#pragma once

#include <cstdint>

namespace shm::programs {

class Ticks {
 public:
  /// REQUIRES: rate > 0, in Hz.
  Ticks(std::int64_t start_ns, double rate) : start_ns_(start_ns), rate_(rate) {}

  [[nodiscard]] std::int64_t next_ns() const { return time_of(next_); }
  /// The work of next_ns() is done: goes to the first tick after `now_ns`, and returns how many were skipped
  /// on the way.
  std::uint64_t advance(std::int64_t now_ns);

 private:
  [[nodiscard]] std::int64_t time_of(std::uint64_t tick) const;

  std::int64_t start_ns_;
  double rate_;
  std::uint64_t next_ = 1;
};

}  // namespace shm::programs
