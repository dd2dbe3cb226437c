// SPDX-License-Identifier: Apache-2.0
#include "producers/system/ticks.hpp"

#include <algorithm>
#include <cmath>

namespace shm::programs {

std::int64_t Ticks::time_of(std::uint64_t tick) const {
  return start_ns_ + std::llroundl(static_cast<long double>(tick) * 1e9L / static_cast<long double>(rate_));
}

std::uint64_t Ticks::advance(std::int64_t now_ns) {
  const std::uint64_t following = next_ + 1;
  const long double passed =
      static_cast<long double>(now_ns - start_ns_) * static_cast<long double>(rate_) / 1e9L;
  next_ = passed > 0 ? std::max(following, static_cast<std::uint64_t>(passed)) : following;
  while (time_of(next_) <= now_ns) ++next_;
  return next_ - following;
}

}  // namespace shm::programs
