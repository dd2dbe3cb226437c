// SPDX-License-Identifier: Apache-2.0

// A stream of audio with its marks, written by the test as a capture daemon would.
#pragma once

#include <chrono>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"
#include "shm/stream/raw_writer.hpp"
#include "shm/stream/writer.hpp"

namespace shm::test {

inline std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Noise; the same for the same seed.
inline std::vector<std::byte> noise(std::size_t bytes, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::byte> all(bytes);
  for (std::byte& byte : all) byte = static_cast<std::byte>(random() & 0xffU);
  return all;
}

/// Frames of S16 with the same sine in each channel.
inline std::vector<std::byte> sine(std::size_t frames, unsigned channels, double amplitude, double hertz,
                                   double rate, Index first = 0) {
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i < frames; ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(first + i) / rate;
    for (unsigned channel = 0; channel < channels; ++channel) {
      samples.push_back(static_cast<std::int16_t>(std::lround(amplitude * 32767 * std::sin(phase))));
    }
  }
  std::vector<std::byte> bytes(samples.size() * sizeof(std::int16_t));
  std::memcpy(bytes.data(), samples.data(), bytes.size());
  return bytes;
}

class AudioStream {
 public:
  AudioStream(const std::string& name, const AudioFormat& audio, std::uint64_t history = 48000,
              bool with_marks = true)
      : audio_(audio),
        frames_(name, frame_format(audio),
                {.history = history, .metadata = audio_metadata(audio), .sample_rate = audio.rate}) {
    if (with_marks) marks_.emplace(marks_name(name), StreamOptions{.history = 4096});
  }

  void append(const std::vector<std::byte>& frames, CaptureMark::Kind kind = CaptureMark::Kind::block,
              CaptureMark::Reason reason = CaptureMark::Reason::none) {
    const std::uint64_t count = frames.size() / audio_.frame_bytes();
    const auto lasts = static_cast<std::int64_t>(static_cast<double>(count) / audio_.rate * 1e9);
    if (marks_) marks_->append({frames_.inserted(), count, monotonic_ns() - lasts, kind, reason});
    frames_.append(frames);
  }
  void gap(std::uint64_t count, CaptureMark::Reason reason) {
    append(std::vector<std::byte>(count * audio_.frame_bytes()), CaptureMark::Kind::gap, reason);
  }

  /// Is one reader attached, and has it read all items?
  [[nodiscard]] bool is_followed() const {
    const auto all = frames_.readers();
    return all.size() == 1 && all[0].cursor == frames_.inserted();
  }

  [[nodiscard]] RawWriter& frames() { return frames_; }
  void close() {
    frames_.close();
    if (marks_) marks_->close();
  }

 private:
  AudioFormat audio_;
  RawWriter frames_;
  std::optional<Writer<CaptureMark>> marks_;
};

}  // namespace shm::test
