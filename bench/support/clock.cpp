// SPDX-License-Identifier: Apache-2.0
#include "support/clock.hpp"

namespace shm::bench {
namespace {

double measure_tick() noexcept {
  const std::int64_t start_ns = monotonic_ns();
  const std::uint64_t start = ticks();
  std::int64_t now_ns = start_ns;
  while (now_ns < start_ns + 20'000'000) now_ns = monotonic_ns();
  return static_cast<double>(now_ns - start_ns) / static_cast<double>(ticks() - start);
}

double measure_cost() noexcept {
  constexpr int calls = 100'000;
  const std::uint64_t start = ticks();
  std::uint64_t last = start;
  for (int i = 0; i < calls; ++i) last = ticks();
  return ns_between(start, last) / calls;
}

}  // namespace

double ns_per_tick() noexcept {
  static const double tick = measure_tick();
  return tick;
}

double ticks_cost_ns() noexcept {
  static const double cost = measure_cost();
  return cost;
}

}  // namespace shm::bench
