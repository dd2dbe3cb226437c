// SPDX-License-Identifier: Apache-2.0
#include "common/timeline.hpp"

#include <cmath>
#include <cstdlib>

namespace shm::programs {

void Timeline::resume(Index next, std::int64_t due_ns, Reason reason) {
  fit_.restart(next, due_ns);
  running_ = true;
  start_ = false;
  pending_ = reason;
}

void Timeline::interrupted(Reason reason) {
  if (reason == Reason::stall && pending_ != Reason::none) return;
  pending_ = reason;
}

void Timeline::stopped() {
  running_ = false;
  start_ = true;
  pending_ = start_reason_ = Reason::none;
}

bool Timeline::is_surprising(Index next, std::int64_t measured_ns) const {
  return !running_ || pending_ != Reason::none ||
         std::llabs(measured_ns - fit_.time_of(next)) > policy_.tolerance_ns;
}

Timeline::Arrival Timeline::arrive(Index next, std::int64_t measured_ns) {
  Arrival arrival;
  arrival.measured_ns = measured_ns;
  if (!running_) {
    start_reason_ = pending_;
    fit_.restart(next, measured_ns);
  } else if (is_surprising(next, measured_ns)) {
    const std::int64_t due = fit_.time_of(next);
    const Reason reason = pending_ == Reason::none ? Reason::stall : pending_;
    const auto missing = std::llround(static_cast<double>(measured_ns - due) * policy_.rate / 1e9);
    if (missing > 0 && static_cast<std::uint64_t>(missing) > policy_.longest_gap) {
      start_ = true;
      start_reason_ = reason;
    } else if (missing > 0) {
      arrival.gap_frames = static_cast<std::uint64_t>(missing);
      arrival.gap_time_ns = due;
      arrival.reason = reason;
    }
    fit_.restart(next + arrival.gap_frames, measured_ns);
  } else {
    fit_.add(next, measured_ns);
  }
  running_ = true;
  pending_ = Reason::none;
  arrival.time_ns = fit_.time_of(next + arrival.gap_frames);
  arrival.is_start = start_;
  if (start_) arrival.reason = start_reason_;
  return arrival;
}

Timeline::Arrival Timeline::follow_on(Index next) {
  Arrival arrival;
  arrival.time_ns = fit_.time_of(next);
  arrival.is_start = start_;
  if (start_) arrival.reason = start_reason_;
  return arrival;
}

void Timeline::took() {
  start_ = false;
  start_reason_ = Reason::none;
}

std::optional<std::int64_t> Timeline::due(Index next) const {
  if (!running_) return std::nullopt;
  return fit_.time_of(next);
}

}  // namespace shm::programs
