// SPDX-License-Identifier: Apache-2.0

// The parameters that are requested of a capture device, and those that it agreed to.
#pragma once

#include <alsa/asoundlib.h>

#include <optional>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"

namespace shm::programs {

struct PcmRequest {
  std::string device;
  std::vector<SampleFormat> formats;  ///< in order of preference; not empty
  std::optional<unsigned> channels;   ///< empty: 2 if it can, else 1, else any number
  unsigned rate = 48000;
  bool exact_rate = false;  ///< another rate than this is a failure: for reopening
  unsigned period_us = 10'000;
  unsigned buffer_us = 500'000;
};

struct PcmSetup {
  SampleFormat format = SampleFormat::S16_LE;
  unsigned channels = 0;
  unsigned rate = 0;
  snd_pcm_uframes_t period = 0;  ///< frames
  snd_pcm_uframes_t buffer = 0;

  [[nodiscard]] AudioFormat audio(const std::string& device) const {
    return {.sample = format, .channels = channels, .rate = static_cast<double>(rate), .device = device};
  }
};

/// Sets hardware and software parameters of an open device: non-mmap access, monotonic time stamps, wakes
/// once a period. Afterwards it is prepared, and starts only by snd_pcm_start().
/// @throws CannotNegotiate (a sentence with the device's abilities), AlsaError.
[[nodiscard]] PcmSetup negotiate(snd_pcm_t* pcm, const PcmRequest& request);

}  // namespace shm::programs
