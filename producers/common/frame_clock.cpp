#include "common/frame_clock.hpp"

#include <cmath>

namespace shm::producers {
namespace {

constexpr double memory_seconds = 10.0;
// Weight of the belief that the nominal rate is right: jitter of 0.1 ms against crystals that are good to 100
// ppm.
constexpr double prior = 1.0;

}  // namespace

void FrameClock::restart(Index index, std::int64_t time_ns) {
  origin_ = last_ = index;
  origin_time_ = time_ns;
  w_ = 1;
  wx_ = wxx_ = wy_ = wxy_ = 0;
}

void FrameClock::add(Index index, std::int64_t time_ns) {
  const double step = static_cast<double>(index - last_) / rate_;
  last_ = index;
  // Seen from the new measurement, the older ones are `step` further back,
  wxx_ += step * (step * w_ - 2 * wx_);
  wx_ -= step * w_;
  wxy_ -= step * wy_;
  // and count less.
  const double fade = std::exp(-step / memory_seconds);
  for (double* sum : {&w_, &wx_, &wxx_, &wy_, &wxy_}) *sum *= fade;
  w_ += 1;
  wy_ += static_cast<double>(time_ns - nominal_time(index));
  // Keep y small, so that a clock that ran for months is as exact as a new one.
  const auto shift = std::llround(line().offset);
  origin_time_ += shift;
  wxy_ -= static_cast<double>(shift) * wx_;
  wy_ -= static_cast<double>(shift) * w_;
}

std::int64_t FrameClock::nominal_time(Index index) const {
  const auto frames = static_cast<long double>(static_cast<std::int64_t>(index - origin_));
  return origin_time_ + std::llroundl(frames * 1e9L / static_cast<long double>(rate_));
}

FrameClock::Line FrameClock::line() const {
  const double determinant = w_ * (wxx_ + prior) - wx_ * wx_;
  const double slope = (w_ * wxy_ - wx_ * wy_) / determinant;
  return {(wy_ - slope * wx_) / w_, slope};
}

std::int64_t FrameClock::time_of(Index index) const {
  const Line fitted = line();
  const double x = static_cast<double>(static_cast<std::int64_t>(index - last_)) / rate_;
  return nominal_time(index) + std::llround(fitted.offset + fitted.slope * x);
}

double FrameClock::deviation_ppm() const { return -line().slope / 1e3; }

}  // namespace shm::producers
