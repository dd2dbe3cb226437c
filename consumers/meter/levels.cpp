// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/levels.hpp"

#include <cmath>
#include <limits>

namespace shm::programs {

double dbfs(double amplitude) noexcept {
  return amplitude > 0 ? 20 * std::log10(amplitude) : -std::numeric_limits<double>::infinity();
}

Levels::Levels(const shm::AudioFormat& audio) : audio_(audio), channels_(audio.channels) {}

void Levels::add(std::span<const std::byte> frames) {
  const std::size_t sample_bytes = shm::sample_bytes(audio_.sample);
  const std::size_t frame_bytes = audio_.frame_bytes();
  for (std::size_t at = 0; at < frames.size(); at += frame_bytes) {
    for (std::size_t channel = 0; channel < channels_.size(); ++channel) {
      const double value = shm::sample_value(audio_.sample, frames.data() + at + channel * sample_bytes);
      if (!std::isfinite(value)) continue;  // one such float would blind the meter
      Sums& sums = channels_[channel];
      sums.peak = std::max(sums.peak, std::fabs(value));
      sums.squares += value * value;
    }
  }
  frames_ += frames.size() / frame_bytes;
}

std::vector<Level> Levels::take() {
  std::vector<Level> levels;
  for (Sums& sums : channels_) {
    levels.push_back({sums.peak, frames_ > 0 ? std::sqrt(sums.squares / static_cast<double>(frames_)) : 0.0});
    sums = {};
  }
  frames_ = 0;
  return levels;
}

}  // namespace shm::programs
