// SPDX-License-Identifier: Apache-2.0
#include "shm/time/time_fit.hpp"

#include <algorithm>
#include <cmath>

#include "shm/base/saturating.hpp"

namespace shm {
namespace {

// As many measurements as the prior of the jitter counts for.
constexpr double prior_measurements = 4;
// However rarely they come: a variance needs some thirty of them.
constexpr double slowest_fade_of_jitter = 1 - 1.0 / 30;

double squared(double x) { return x * x; }

}  // namespace

TimeFit::TimeFit(double nominal_rate) : TimeFit(nominal_rate, Options{}) {}

TimeFit::TimeFit(double nominal_rate, const Options& options)
    : rate_(nominal_rate),
      options_(options),
      prior_(squared(options.prior_jitter_ns / (options.prior_ppm * 1e3))),
      squares_(prior_measurements * squared(options.prior_jitter_ns)),
      seen_(prior_measurements) {}

void TimeFit::restart(Index index, std::int64_t time_ns) {
  origin_ = last_ = index;
  origin_time_ = time_ns;
  w_ = v_ = 1;
  wx_ = wxx_ = wy_ = wxy_ = vx_ = vxx_ = lag_ = 0;
  squares_ *= prior_measurements / seen_;
  seen_ = prior_measurements;
}

void TimeFit::add(Index index, std::int64_t time_ns) {
  const double step = static_cast<double>(index - last_) / rate_;
  const auto error = static_cast<double>(saturating::subtract(time_ns, time_of(index)));
  last_ = index;
  // Seen from the new measurement, the older ones are `step` further back,
  wxx_ += step * (step * w_ - 2 * wx_);
  wx_ -= step * w_;
  wxy_ -= step * wy_;
  vxx_ += step * (step * v_ - 2 * vx_);
  vx_ -= step * v_;
  // and count less.
  const double fade = std::exp(-step / options_.memory_seconds);
  for (double* sum : {&w_, &wx_, &wxx_, &wy_, &wxy_}) *sum *= fade;
  for (double* sum : {&v_, &vx_, &vxx_}) *sum *= fade * fade;
  w_ += 1;
  v_ += 1;
  const auto y = static_cast<double>(saturating::subtract(time_ns, nominal_time(index)));
  wy_ += y;
  const double offset = line().offset;
  learn(error, y - offset, step, fade);
  // Keep y small, so that a clock that ran for months is as exact as a new one.
  const auto shift = saturating::round(offset);
  origin_time_ = saturating::add(origin_time_, shift);
  wxy_ -= static_cast<double>(shift) * wx_;
  wy_ -= static_cast<double>(shift) * w_;
}

// `error` is the measurement's distance from the line without it, `left` from the line with it. The product
// of the two is what one measurement adds to the weighted sum of squared residuals (Haykin), and on average
// the jitter squared, however few there are.
void TimeFit::learn(double error, double left, double step, double fade) {
  const double fade_of_jitter = std::max(fade, slowest_fade_of_jitter);
  squares_ = squares_ * fade_of_jitter + std::max(error * left, 0.0);
  seen_ = seen_ * fade_of_jitter + 1;
  const double kept = std::exp(-2 * step / options_.memory_seconds);
  lag_ = lag_ * kept + error * (1 - kept);
}

double TimeFit::seconds_after_last(Index index) const {
  return static_cast<double>(static_cast<std::int64_t>(index - last_)) / rate_;
}

std::int64_t TimeFit::nominal_time(Index index) const {
  const auto items = static_cast<long double>(static_cast<std::int64_t>(index - origin_));
  return saturating::add(origin_time_, saturating::round(items * 1e9L / static_cast<long double>(rate_)));
}

TimeFit::Line TimeFit::line() const {
  const double slope = (w_ * wxy_ - wx_ * wy_) / determinant();
  return {(wy_ - slope * wx_) / w_, slope};
}

std::int64_t TimeFit::time_of(Index index) const {
  const Line fitted = line();
  return saturating::add(nominal_time(index),
                         saturating::round(fitted.offset + fitted.slope * seconds_after_last(index)));
}

double TimeFit::uncertainty_ns(Index index) const {
  const double x = seconds_after_last(index);
  // The fitted time is a sum of measurements, each times its weight times (a + b * its x):
  const double a = (wxx_ + prior_ - x * wx_) / determinant();
  const double b = (w_ * x - wx_) / determinant();
  const double jitter = squares_ / seen_ * (a * a * v_ + 2 * a * b * vx_ + b * b * vxx_);
  const double held_back = squared(prior_ * b * options_.prior_ppm * 1e3);
  // A line through a parabola lags by the more the further it is drawn out.
  const double curved = std::abs(lag_) * squared(1 + std::max(x, 0.0) / options_.memory_seconds);
  return std::max(1.0, 3 * std::sqrt(std::max(jitter, 0.0) + held_back) + curved);
}

double TimeFit::rate() const { return rate_ / (1 + line().slope / 1e9); }

double TimeFit::deviation_ppm() const { return -line().slope / 1e3; }

double TimeFit::jitter_ns() const { return std::sqrt(squares_ / seen_); }

}  // namespace shm
