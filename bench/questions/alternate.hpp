// SPDX-License-Identifier: Apache-2.0

// Two ways to copy the same bytes, in turn, in one process: the overhead of the library over memcpy.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "support/clock.hpp"
#include "support/statistics.hpp"

namespace shm::bench {

/// The time to append and to read the same bytes, each beside memcpy.
struct Copying {
  double append_ns = 0;
  double into_ns = 0;  ///< memcpy
  double read_ns = 0;
  double out_of_ns = 0;
};

/// ns per call of `copy`, which gets the number of the call.
template <class Copy>
double ns_per_copy(std::uint64_t copies, Copy& copy) {
  const std::uint64_t start = ticks();
  for (std::uint64_t i = 0; i < copies; ++i) copy(i);
  return ns_between(start, ticks()) / static_cast<double>(copies);
}

/// Alternating stretches of both; the median of each.
template <class Limit, class Ours>
std::pair<double, double> alternate(int chunks, std::uint64_t copies, Limit limit, Ours ours) {
  std::vector<double> limit_ns;
  std::vector<double> ours_ns;
  for (int i = 0; i < chunks; ++i) {
    limit_ns.push_back(ns_per_copy(copies, limit));
    ours_ns.push_back(ns_per_copy(copies, ours));
  }
  return {median_of(std::move(limit_ns)), median_of(std::move(ours_ns))};
}

}  // namespace shm::bench
