// SPDX-License-Identifier: Apache-2.0

// Level bars on a terminal, redrawn in place: a line for each channel, and one with
// rate, time, delay and losses.
//
//    1 ########################-------|-----        -12.3 peak  -18.0 rms
//   48000 Hz  00:00:12  delay 11.2 ms  lost 0  gaps 0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/output.hpp"
#include "common/terminal.hpp"
#include "consumers/meter/report.hpp"

namespace shm::programs {

/// A channel's bar of this width: filled up to the RMS, lighter up to the peak, and a line at the held peak.
/// From -60 dBFS on the left to 0 on the right.
[[nodiscard]] std::string bar_text(const Level& level, double held_peak, unsigned width);

class Bars {
 public:
  using Clock = std::chrono::steady_clock;

  Bars(std::string stream, unsigned channels, Output& out);
  ~Bars();
  Bars(const Bars&) = delete;
  Bars& operator=(const Bars&) = delete;

  void draw(const Reading& reading, const MeterSummary& so_far);

 private:
  struct Held {
    double peak = 0;
    Clock::time_point since{};
  };
  void hold(const std::vector<Level>& levels);

  std::string stream_;
  Output* out_;
  std::vector<Held> held_;
  std::vector<Level> levels_;  // the last ones: they stay while nothing comes
  unsigned lines_ = 0;         // drawn last time
};

}  // namespace shm::programs
