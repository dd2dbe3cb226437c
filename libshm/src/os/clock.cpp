// SPDX-License-Identifier: Apache-2.0
#include "os/clock.hpp"

#include <limits>

namespace shm::os {

std::int64_t now_ns(::clockid_t clock) noexcept {
  ::timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t realtime_minus(::clockid_t clock) noexcept {
  std::int64_t best_gap = std::numeric_limits<std::int64_t>::max();
  std::int64_t best = 0;
  for (int i = 0; i < 3; ++i) {  // an interruption between the readings must not count
    const std::int64_t before = now_ns(clock);
    const std::int64_t real = now_ns(CLOCK_REALTIME);
    const std::int64_t after = now_ns(clock);
    if (after - before < best_gap) {
      best_gap = after - before;
      best = real - (before + (after - before) / 2);
    }
  }
  return best;
}

}  // namespace shm::os
