// SPDX-License-Identifier: Apache-2.0

// Peak and RMS of each channel over all frames that were added since the last take.
//
// In dBFS, 0 is full scale: a sine of full scale has a peak of 0 dBFS and an RMS of -3.01 dBFS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shm/audio/audio.hpp"

namespace shm::programs {

/// Minus infinity for silence.
[[nodiscard]] double dbfs(double amplitude) noexcept;

struct Level {
  double peak = 0;  ///< amplitudes: 1 is full scale
  double rms = 0;
};

class Levels {
 public:
  explicit Levels(const shm::AudioFormat& audio);

  /// Whole frames.
  void add(std::span<const std::byte> frames);
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  /// One for each channel; resets the measurement.
  [[nodiscard]] std::vector<Level> take();

 private:
  struct Sums {
    double peak = 0;
    double squares = 0;
  };
  shm::AudioFormat audio_;
  std::vector<Sums> channels_;
  std::uint64_t frames_ = 0;
};

}  // namespace shm::programs
