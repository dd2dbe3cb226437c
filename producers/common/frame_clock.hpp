// When was frame k captured? A straight line through what a device's time stamps said, so that their jitter
// does not reach the marks, and so that a device whose crystal is off by some parts per million keeps true
// times.
//
//   FrameClock clock(48000.0);
//   clock.restart(0, t0);            // nothing before this counts: first use, or after a discontinuity
//   clock.add(480, t1);              // frame 480 was measured to have been captured at t1
//   clock.time_of(960);              // best guess, nanoseconds
//
// Weighted least squares over the last ten seconds or so, the rate held near the nominal one until there is
// evidence. Pure arithmetic: no clock is read here, and nothing that was once answered is changed by what is
// added later.
#pragma once

#include <cstdint>

#include "shm/index_range.hpp"

namespace shm::producers {

class FrameClock {
 public:
  /// REQUIRES: nominal_rate > 0, in frames per second.
  explicit FrameClock(double nominal_rate) : rate_(nominal_rate) {}

  void restart(Index index, std::int64_t time_ns);
  /// REQUIRES: restart() was called; index is not below that of the last call.
  void add(Index index, std::int64_t time_ns);

  [[nodiscard]] std::int64_t time_of(Index index) const;
  /// Of the fitted rate from the nominal one, in parts per million; positive: the device is fast.
  [[nodiscard]] double deviation_ppm() const;
  [[nodiscard]] double nominal_rate() const noexcept { return rate_; }

 private:
  [[nodiscard]] std::int64_t nominal_time(Index index) const;
  struct Line {
    double offset;  // ns from the nominal line, at the last index
    double slope;   // ns per second
  };
  [[nodiscard]] Line line() const;

  double rate_;
  Index origin_ = 0;
  std::int64_t origin_time_ = 0;
  Index last_ = 0;
  // Sums over the measurements: x is seconds before the last one, y is ns from the nominal line.
  double w_ = 0, wx_ = 0, wxx_ = 0, wy_ = 0, wxy_ = 0;
};

}  // namespace shm::producers
