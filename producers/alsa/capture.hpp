// SPDX-License-Identifier: Apache-2.0

// One session with an open device: waits for frames, reads them straight into the stream's slots, publishes
// them with their marks, and restarts the device after overruns and suspends. The caller's loop calls turn(),
// and opens the device again when it is gone.
//
//   Capture capture(device, stream, timeline, stop);
//   while (!stop.triggered() && capture.turn() == Capture::Outcome::going_on) {}
//
// Every turn ends within a fifth of a second, whatever the device does.
#pragma once

#include <poll.h>

#include <chrono>
#include <vector>

#include "common/audio_stream.hpp"
#include "common/daemon.hpp"
#include "common/timeline.hpp"
#include "producers/alsa/pcm_device.hpp"

namespace shm::programs {

class Capture {
 public:
  enum class Outcome {
    going_on,
    device_gone,  ///< it must be closed, and opened again
  };

  /// Starts the device. All must outlive it. @throws AlsaError.
  Capture(PcmDevice& device, AudioStream& stream, Timeline& timeline, const StopSignal& stop);

  Outcome turn();

  /// True if a stall was reported: the device has delivered no frames for too long.
  [[nodiscard]] bool is_stalled() const noexcept { return stalled_; }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] unsigned short wait_for_frames();
  Outcome heed(int error, snd_pcm_state_t state);
  void lost_frames(Timeline::Reason reason);
  Outcome recover();
  Outcome take_up_after_resume();
  Outcome restart_device();
  [[nodiscard]] std::int64_t measure(const PcmDevice::Look& look) const;
  Outcome take(const PcmDevice::Look& look);
  Outcome take_leftovers(const PcmDevice::Look& look);
  Outcome move_frames(snd_pcm_uframes_t available, const Timeline::Arrival& arrival);
  void watch_for_stall();
  void too_fast(std::int64_t ahead_ns);

  PcmDevice& device_;
  AudioStream& stream_;
  Timeline& timeline_;
  const StopSignal& stop_;
  std::vector<pollfd> polled_;  // the device's, then the stop signal's
  std::chrono::nanoseconds quiet_limit_;
  std::chrono::nanoseconds stall_limit_;
  Clock::time_point last_frames_;
  Timeline::Reason trouble_ = Timeline::Reason::none;  // overrun or suspend, until the device runs again
  Clock::time_point trouble_since_{};
  bool stalled_ = false;
  bool delivered_since_trouble_ = true;
  bool reported_too_fast_ = false;
  bool leftovers_taken_ = false;  // since the device last delivered a period
};

}  // namespace shm::programs
