// SPDX-License-Identifier: Apache-2.0

// The results of a run: values of rounds, each with the placement in which it was taken, and their ratios to
// the limits that were taken in the same round.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limits/bare_line.hpp"
#include "support/statistics.hpp"
#include "transports/transport.hpp"

namespace shm::bench {

/// One question asked with everything fixed but the implementation.
struct Case {
  std::string question;
  std::string name;  ///< "one way, 8 bytes, spinning"
  std::size_t bytes = 0;
  int receivers = 1;
  int idle = 0;               ///< receivers that only are there
  std::string wait = "none";  ///< spin, sleep
  double rate_hz = 0;
  std::uint64_t items = 0;  ///< readable, or asked for
  std::string way = {};     ///< of asking: "overlapping"
};

/// A measured quantity, and its limits.
struct Metric {
  std::string name;  ///< p50
  std::string unit;  ///< ns
  bool less_is_better = true;
  /// Implementations that are limits of it; the first is the one that the bar is about.
  std::vector<std::string> limits = {};
  double bar = 0;  ///< ours may be so many times that limit; 0: no bar
  /// Is it a comparison with peers at all? (A loss or a rate reached is not.)
  bool is_compared = true;
};

/// Where and when a value was taken.
struct Moment {
  int round = 0;
  std::optional<Placement> placement = {};  ///< empty: does not matter
};

/// Two probes of the bare line around one measurement.
struct Probes {
  double before_ns = 0;
  double after_ns = 0;
  [[nodiscard]] bool agree() const noexcept { return bench::agree(before_ns, after_ns); }
  [[nodiscard]] double line_ns() const noexcept { return (before_ns + after_ns) / 2; }
  [[nodiscard]] Placement placement() const noexcept { return placement_of(line_ns()); }
};

struct Point {
  double percentile;
  double value;
};

class Results {
 public:
  void add(const Case& of, const Metric& metric, const std::string& implementation, const Moment& moment,
           double value);
  /// Points of one round's distribution.
  void add_curve(const Case& of, const Metric& metric, const std::string& implementation,
                 const Moment& moment, std::vector<Point> curve);
  void add_probes(const Case& of, const std::string& implementation, int round, const Probes& probes,
                  bool kept);
  void add_failure(const Case& of, const std::string& implementation, const std::string& what);

  /// "placements", "probes", "cases", "lost", "bars", "failures".
  [[nodiscard]] nlohmann::json to_json(const std::vector<Implementation>& implementations) const;

 private:
  struct Value {
    Moment moment;
    double value = 0;
    std::vector<Point> curve = {};
  };
  struct Series {
    std::string implementation;
    std::vector<Value> values;
  };
  struct Measured {
    Case of;
    Metric metric;
    std::vector<Series> series;
  };
  struct Probed {
    Case of;
    std::string implementation;
    int round;
    Probes probes;
    bool kept;
  };
  struct Failure {
    Case of;
    std::string implementation;
    std::string what;
  };
  class Rows;
  class Tables;

  Measured& measured(const Case& of, const Metric& metric);
  static std::vector<Value>& values(Measured& measured, const std::string& implementation);

  std::vector<Measured> measured_;
  std::vector<Probed> probed_;
  std::vector<Failure> failures_;
};

}  // namespace shm::bench
