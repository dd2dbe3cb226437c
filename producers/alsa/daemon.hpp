// SPDX-License-Identifier: Apache-2.0

// The capture daemon: a stream that exists as long as the daemon runs, and a device that is open while a reader
// has entered.
//
//   Daemon daemon(options, stop);     // probes the device, creates or takes over the stream
//   daemon.run();                     // until stop
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/audio_stream.hpp"
#include "common/notify.hpp"
#include "common/timeline.hpp"
#include "producers/alsa/capture.hpp"
#include "producers/alsa/options.hpp"
#include "shm/source/demand.hpp"

namespace shm::programs {

class Daemon {
 public:
  /// @throws AlsaError, CannotNegotiate (the device), and what RawWriter throws (the stream). Nothing is left
  /// behind.
  Daemon(const AlsaOptions& options, const StopSignal& stop);
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  void begin();
  void serve();
  bool open_device();
  void device_failed(const std::string& why, bool mismatch);
  void capture_until_gone();
  void end_session();
  void rest(std::chrono::milliseconds time);
  void say(const std::string& status);

  AlsaOptions options_;
  const StopSignal& stop_;
  PcmRequest request_;
  PcmSetup setup_;
  AudioStream stream_;
  Timeline timeline_;
  std::optional<Demand> demand_;  // ends before the stream does
  Notify notify_;
  std::optional<PcmDevice> device_;
  std::chrono::milliseconds backoff_;
  std::string last_failure_;
};

}  // namespace shm::programs
