// SPDX-License-Identifier: Apache-2.0

// A straight line through measured times, by index. It gives the time of any item without the jitter of the
// single time stamps, and it follows a device whose crystal is off by some parts per million.
//
//   shm::TimeFit fit(48000.0);                  // items per second, as the device claims
//   fit.restart(0, t0);                         // first use, or after a discontinuity: forgets earlier ones
//   fit.add(480, t1);                           // item 480 was measured at time t1, in nanoseconds
//   std::int64_t estimate = fit.time_of(960);
//   double within = fit.uncertainty_ns(960);    // three standard deviations of the estimate
//   double items_per_second = fit.rate();       // as measured
//
// Exponentially weighted recursive least squares (Haykin, Adaptive Filter Theory, the chapter on RLS): older
// measurements count less, by e for each memory_seconds; the rate is held near the nominal one until there is
// evidence. The usual alternative is a delay-locked loop of second order (Adriaensen, "Using a DLL to filter
// time", LAC 2005). Least squares instead: it needs no time to lock in (two measurements are a line, and n
// have averaged n times), its measurements may come at any intervals, and its residuals measure its quality.
//
// The uncertainty is of the line, and from the residuals: their variance times the leverage of the index,
// what the pull towards the nominal rate may have done, and how far the newest measurements lie on one side
// of the line, as they do when the rate changes. A delay that all measurements have in common cannot be seen.
//
// One thread at a time. Pure arithmetic: it reads no clock and throws nothing. Later measurements give better
// estimates for earlier items too; a caller that needs the earlier estimate keeps it.
#pragma once

#include <cstdint>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"

namespace shm {

class SHM_API TimeFit {
 public:
  /// All above 0.
  struct Options {
    double memory_seconds = 10;
    double prior_jitter_ns = 1e5;  ///< standard deviation of measurements, assumed at first
    double prior_ppm = 100;        ///< standard deviation of devices' rates from their nominal ones
  };

  /// REQUIRES: nominal_rate > 0, in items per second.
  explicit TimeFit(double nominal_rate);
  TimeFit(double nominal_rate, const Options& options);

  /// The line passes through this measurement, at the nominal rate. The estimate of the jitter is kept.
  void restart(Index index, std::int64_t time_ns);
  /// REQUIRES: restart() was called; index is not below that of the last call.
  void add(Index index, std::int64_t time_ns);

  [[nodiscard]] std::int64_t time_of(Index index) const;
  /// Three standard deviations of time_of(index); at least a nanosecond.
  [[nodiscard]] double uncertainty_ns(Index index) const;
  /// Fitted, items per second.
  [[nodiscard]] double rate() const;
  /// Of the fitted rate from the nominal one, in parts per million; positive: the device is fast.
  [[nodiscard]] double deviation_ppm() const;
  /// Standard deviation of the measurements from the line.
  [[nodiscard]] double jitter_ns() const;
  [[nodiscard]] double nominal_rate() const noexcept { return rate_; }
  /// Index of the last measurement.
  [[nodiscard]] Index last() const noexcept { return last_; }

 private:
  struct Line {
    double offset;  // ns from the nominal line, at the last index
    double slope;   // ns per second
  };
  [[nodiscard]] Line line() const;
  [[nodiscard]] double determinant() const { return w_ * (wxx_ + prior_) - wx_ * wx_; }
  [[nodiscard]] double seconds_after_last(Index index) const;
  [[nodiscard]] std::int64_t nominal_time(Index index) const;
  void learn(double error, double left, double step, double fade);

  double rate_;
  Options options_;
  double
      prior_;  // weight of the belief in the nominal rate: a measurement that lies this many seconds^2 apart
  Index origin_ = 0;
  std::int64_t origin_time_ = 0;
  Index last_ = 0;
  // Sums over the measurements: x is seconds before the last one, y is ns from the nominal line, w is weight,
  double w_ = 1, wx_ = 0, wxx_ = 0, wy_ = 0, wxy_ = 0;
  // and v is weight squared, of which the variance of a weighted sum is made.
  double v_ = 1, vx_ = 0, vxx_ = 0;
  double squares_ = 0, seen_ = 0;  // of residuals: their sum and number, faded
  double lag_ = 0;                 // mean of the newest errors of prediction, ns
};

}  // namespace shm
