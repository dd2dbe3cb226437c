// What all measurements come to: ours beside its limit, taken in the same round.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "support/statistics.hpp"

namespace shm::bench {

/// How long a run takes.
struct Effort {
  int rounds = 15;                    ///< of each measurement, interleaved
  int stamps = 50'000;                ///< single round trips, for the percentiles
  int wakes = 150;                    ///< of a sleeper, at 1 kHz
  int chunks = 20;                    ///< of appends or copies, alternating with the limit's
  std::chrono::seconds at_most{120};  ///< no round begins later: a busy machine can be very slow
  [[nodiscard]] static Effort quick() { return {5, 20'000, 100, 10, std::chrono::seconds(25)}; }
};

/// One measured quantity: rounds of (limit, ours), in ns.
struct Comparison {
  std::string what;
  std::string limit;  ///< what it is compared with
  double bar = 0;     ///< ours may be this many times the limit; 0: no bar
  std::vector<std::pair<double, double>> rounds = {};
  int thrown_away = 0;

  void add(double limit_ns, double ours_ns) { rounds.emplace_back(limit_ns, ours_ns); }

  template <class Of>
  [[nodiscard]] Spread spread(Of of) const {
    std::vector<double> values;
    values.reserve(rounds.size());
    for (const auto& [limit_ns, ours_ns] : rounds) values.push_back(of(limit_ns, ours_ns));
    return spread_of(std::move(values));
  }
  [[nodiscard]] Spread limit_ns() const {
    return spread([](double l, double) { return l; });
  }
  [[nodiscard]] Spread ours_ns() const {
    return spread([](double, double o) { return o; });
  }
  [[nodiscard]] Spread ratio() const {
    return spread([](double l, double o) { return o / l; });
  }
  [[nodiscard]] bool is_met() const { return ratio().median <= bar; }
};

}  // namespace shm::bench
