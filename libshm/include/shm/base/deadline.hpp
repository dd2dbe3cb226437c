// SPDX-License-Identifier: Apache-2.0

// A deadline of a wait: a point of CLOCK_MONOTONIC, or never, or now (no wait).
//
//   shm::Deadline soon = std::chrono::milliseconds(20);  // from now
//   bool is_over = soon.passed();
//   use(reader.next(shm::Deadline::never()));
//
// A plain value: any thread may use one. Nothing here throws.
#pragma once

#include "shm/base/chrono.hpp"

namespace shm {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC

  /// `from_now` after now. If that does not fit into a time point, the deadline is never.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> from_now)
      : at_(after(from_now)) {}                // NOLINT: reads as a duration
  Deadline(Clock::time_point at) : at_(at) {}  // NOLINT: reads as a time

  [[nodiscard]] static Deadline never() { return {Clock::time_point::max()}; }
  [[nodiscard]] static Deadline now() { return {Clock::time_point::min()}; }

  [[nodiscard]] Clock::time_point at() const noexcept { return at_; }
  [[nodiscard]] bool is_now() const noexcept { return at_ == Clock::time_point::min(); }
  [[nodiscard]] bool is_never() const noexcept { return at_ == Clock::time_point::max(); }
  [[nodiscard]] bool passed() const { return is_now() || (!is_never() && Clock::now() >= at_); }

 private:
  template <class Rep, class Period>
  static Clock::time_point after(std::chrono::duration<Rep, Period> from_now) {
    const auto now = Clock::now();
    using Seconds = std::chrono::duration<double>;
    // A second to spare, since a double cannot resolve the last microsecond.
    if (Seconds(from_now) >= Seconds(Clock::time_point::max() - now) - Seconds(1))
      return Clock::time_point::max();
    if (Seconds(from_now) <= -Seconds(now.time_since_epoch())) return Clock::time_point{};  // long past
    return now + std::chrono::ceil<Clock::duration>(from_now);
  }

  Clock::time_point at_;
};

}  // namespace shm
