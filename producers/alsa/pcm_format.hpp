// SPDX-License-Identifier: Apache-2.0

// Sample formats by ALSA's names and by libshm's, and ALSA's errors as exceptions.
#pragma once

#include <alsa/asoundlib.h>

#include <array>
#include <stdexcept>
#include <string>

#include "shm/audio/audio.hpp"

namespace shm::programs {

[[nodiscard]] snd_pcm_format_t alsa_format(SampleFormat format) noexcept;

/// The formats that are tried, in this order, if the user gives no format. Every program can use 16 bits; the
/// rest by resolution.
inline constexpr std::array preferred_formats{
    SampleFormat::S16_LE,   SampleFormat::S32_LE,     SampleFormat::S24_LE, SampleFormat::S24_3LE,
    SampleFormat::FLOAT_LE, SampleFormat::FLOAT64_LE, SampleFormat::U8};

/// A call to libasound failed. what() is a sentence; code() the negative errno.
class AlsaError : public std::runtime_error {
 public:
  AlsaError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// The device works, but not with the requested parameters.
class CannotNegotiate : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Returns `result`, or throws with `what` if it is negative.
int check_alsa(int result, const std::string& what);

}  // namespace shm::programs
