// SPDX-License-Identifier: Apache-2.0

// Sound files made for a test, with the bytes that a stream of them must hold.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"

namespace shm::test {

struct MadeFile {
  std::filesystem::path path;
  SampleFormat sample;
  std::vector<std::byte> frames;  ///< as they must appear in the stream
};

/// Noise of full range, so that every bit counts. `sndfile_format`: SF_FORMAT_WAV | SF_FORMAT_PCM_16, ...
[[nodiscard]] MadeFile make_sound_file(const std::filesystem::path& directory, int sndfile_format, int rate,
                                       int channels, std::size_t frames);

}  // namespace shm::test
