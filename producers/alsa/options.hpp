// SPDX-License-Identifier: Apache-2.0

// The command line of shm-alsa.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/command_line.hpp"
#include "common/daemon.hpp"
#include "producers/alsa/negotiation.hpp"

namespace shm::programs {

struct AlsaOptions {
  DaemonOptions common;
  std::string device = "default";
  unsigned rate = 48000;
  unsigned channels = 0;             // 0: not given
  std::vector<std::string> formats;  // empty: preferred_formats
  double period_ms = 10;
  double buffer_ms = 500;
  double fill_limit_seconds = 60;
  bool always = false;
  unsigned linger_ms = 0;
  bool no_realtime = false;
  int priority = 40;
  bool list = false;
  bool json = false;

  /// The request to the device, with a stable name. @throws UsageError.
  [[nodiscard]] PcmRequest request() const;
};

void add_alsa_options(Command& app, AlsaOptions& options);

}  // namespace shm::programs
