// SPDX-License-Identifier: Apache-2.0

// Ways to call a function of keys many times, and the cost of one call. Keys are made meanwhile from random
// numbers, a multiplication each, so that no array of them is read (or cached) beside the data that is
// searched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/clock.hpp"
#include "support/item.hpp"
#include "support/statistics.hpp"

namespace shm::bench {

/// Random numbers, each made from the one before it, and from depend_on().
class Dice {
 public:
  [[nodiscard]] std::uint64_t below(std::uint64_t most) noexcept {
    __extension__ using Wide = unsigned __int128;
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint64_t>((static_cast<Wide>(state_) * most) >> 64U);
  }
  /// From now on the numbers depend on this one.
  void depend_on(std::uint64_t number) noexcept { state_ ^= number; }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15U;
};

/// How calls follow one on another.
enum class Way {
  overlapping,  ///< random and independent: the processor works at several at a time, as in a loop
  dependent,    ///< random, each place depends on the result before
  in_order      ///< each beside the one before it
};

/// ns per call of use(place), places being below `places`; `calls` of them.
template <class Use>
double ns_per_call(Way way, Dice& dice, std::uint64_t places, std::uint64_t calls, Use use) {
  std::uint64_t sum = 0;
  std::uint64_t place = dice.below(places);
  const std::uint64_t start = ticks();
  switch (way) {
    case Way::overlapping:
      for (std::uint64_t i = 0; i < calls; ++i) sum += use(dice.below(places));
      break;
    case Way::dependent:
      for (std::uint64_t i = 0; i < calls; ++i) {
        const std::uint64_t answer = use(dice.below(places));
        dice.depend_on(answer);
        sum += answer;
      }
      break;
    case Way::in_order:
      for (std::uint64_t i = 0; i < calls; ++i) {
        sum += use(place);
        place = place + 1 < places ? place + 1 : 0;
      }
      break;
  }
  keep(sum);
  return ns_between(start, ticks()) / static_cast<double>(calls);
}

/// The cost of one call: the median over many stretches that are short beside the scheduler's time slice, so
/// that another process is seldom in one.
class Stretches {
 public:
  Stretches(Way way, std::uint64_t places, double stretch_ns)
      : way_(way), places_(places), stretch_ns_(stretch_ns) {}

  template <class Use>
  [[nodiscard]] double ns(Use use) {
    constexpr int stretches = 25;
    const std::uint64_t calls = calls_of(use);
    std::vector<double> found;
    for (int i = 0; i < stretches; ++i) found.push_back(ns_per_call(way_, dice_, places_, calls, use));
    return median_of(std::move(found));
  }

 private:
  /// As many calls as take a stretch; caches are warm then.
  template <class Use>
  [[nodiscard]] std::uint64_t calls_of(Use& use) {
    constexpr std::uint64_t few = 1000;
    constexpr int tries = 5;
    double each = 1e9;
    for (int i = 0; i < tries; ++i) each = std::min(each, ns_per_call(way_, dice_, places_, few, use));
    return std::max(few, static_cast<std::uint64_t>(stretch_ns_ / std::max(0.2, each)));
  }

  Way way_;
  std::uint64_t places_;
  double stretch_ns_;
  Dice dice_;
};

}  // namespace shm::bench
