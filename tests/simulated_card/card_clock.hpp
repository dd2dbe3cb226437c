// SPDX-License-Identifier: Apache-2.0

// World frames and time. The sound at the simulated microphone is a function of CLOCK_MONOTONIC alone, so the
// world goes on while no program has the card open. World frame w is the w-th frame since the epoch.
#pragma once

#include <cstdint>
#include <ctime>

namespace simulated_card {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

[[nodiscard]] inline std::int64_t monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + now.tv_nsec;
}

struct CardClock {
  std::int64_t epoch_ns = 0;
  std::int64_t rate = 0;

  /// floor((ns - epoch) * rate), exact: whole seconds and the rest apart, so that nothing overflows or
  /// rounds.
  [[nodiscard]] std::int64_t world_frame_at(std::int64_t ns) const {
    const std::int64_t since = ns > epoch_ns ? ns - epoch_ns : 0;
    return since / kNsPerSecond * rate + since % kNsPerSecond * rate / kNsPerSecond;
  }

  /// The first nanosecond at which world_frame_at() returns `frame`: the frames below it have been captured
  /// by then.
  [[nodiscard]] std::int64_t time_of(std::int64_t frame) const {
    return epoch_ns + frame / rate * kNsPerSecond + (frame % rate * kNsPerSecond + rate - 1) / rate;
  }
};

}  // namespace simulated_card
