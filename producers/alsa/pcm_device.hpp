// SPDX-License-Identifier: Apache-2.0

// An open capture device: RAII over snd_pcm_t, non-blocking, with negotiated parameters and monotonic time
// stamps. It reads frames and reports its state and the age of its frames; capture.hpp decides when to call
// what.
//
//   PcmDevice device({.device = "hw:CARD=PCH", .formats = {SampleFormat::S16_LE}});
//   device.prepare_and_start();
//   auto seen = device.look();                       // state, frames available, when the first was captured
//   device.read(slots, frames);
#pragma once

#include <alsa/asoundlib.h>
#include <poll.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "producers/alsa/negotiation.hpp"

namespace shm::programs {

class PcmDevice {
 public:
  /// Opens and negotiates. @throws AlsaError, CannotNegotiate: sentences that name the device.
  explicit PcmDevice(const PcmRequest& request);

  [[nodiscard]] const PcmSetup& setup() const noexcept { return setup_; }
  [[nodiscard]] snd_pcm_state_t state() const noexcept { return snd_pcm_state(pcm_.get()); }

  /// The state of the device at one moment.
  struct Look {
    int error = 0;  ///< negative errno if the state could not be read
    snd_pcm_state_t state = SND_PCM_STATE_OPEN;
    snd_pcm_uframes_t available = 0;
    std::int64_t first_frame_ns = 0;  ///< CLOCK_MONOTONIC when the first available frame was captured
    bool has_timestamp = false;       ///< the time is the device's, not that of the look
  };
  [[nodiscard]] Look look() const;

  /// Frames read, or a negative errno. REQUIRES: `to` has room for them.
  [[nodiscard]] snd_pcm_sframes_t read(std::span<std::byte> to, snd_pcm_uframes_t frames) {
    return snd_pcm_readi(pcm_.get(), to.data(), frames);
  }

  /// Negative errno or 0. After an overrun both are needed: prepared alone, the device stays silent.
  [[nodiscard]] int prepare_and_start() noexcept;
  [[nodiscard]] int resume() noexcept { return snd_pcm_resume(pcm_.get()); }

  /// Descriptors to poll; `revents` of what came back, demangled.
  [[nodiscard]] std::vector<pollfd> descriptors() const;
  [[nodiscard]] unsigned short revents(std::span<pollfd> polled) const noexcept;

 private:
  struct Close {
    void operator()(snd_pcm_t* pcm) const noexcept { snd_pcm_close(pcm); }
  };
  struct FreeStatus {
    void operator()(snd_pcm_status_t* status) const noexcept { snd_pcm_status_free(status); }
  };
  std::unique_ptr<snd_pcm_t, Close> pcm_;
  std::unique_ptr<snd_pcm_status_t, FreeStatus> status_;
  PcmSetup setup_;
};

/// When the first available frame was captured: `delay` frames before the time stamp. If the time stamp is
/// missing, or of another clock (more than two seconds off), the present time takes its place.
[[nodiscard]] std::int64_t first_frame_time(std::int64_t timestamp_ns, std::int64_t now_ns,
                                            std::int64_t delay, unsigned rate, bool& has_timestamp) noexcept;

/// CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_now() noexcept;

}  // namespace shm::programs
