// SPDX-License-Identifier: Apache-2.0

// A file of sound, read frame by frame in the sample format that holds it exactly: WAV, FLAC and any other
// format of libsndfile, or raw frames.
//
//   auto file = open_sound_file("speech.flac");
//   std::uint64_t got = file->read(slots, 480);      // 0: the end
//   file->rewind();
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "shm/audio/audio.hpp"

namespace shm::programs {

class SoundFileReader {
 public:
  virtual ~SoundFileReader() = default;
  [[nodiscard]] virtual const AudioFormat& audio() const = 0;
  /// Reads up to `frames` into `to`; fewer only at the end. @throws std::runtime_error  the file is damaged.
  virtual std::uint64_t read(std::span<std::byte> to, std::uint64_t frames) = 0;
  virtual void rewind() = 0;
};

/// Any format of libsndfile. Integer samples keep their values; compressed ones become FLOAT_LE (or S16_LE if
/// the file holds no more). @throws std::runtime_error: a sentence.
[[nodiscard]] std::unique_ptr<SoundFileReader> open_sound_file(const std::string& path);

/// Frames without a header. @throws std::runtime_error: a sentence.
[[nodiscard]] std::unique_ptr<SoundFileReader> open_raw_file(const std::string& path,
                                                             const AudioFormat& audio);

}  // namespace shm::programs
