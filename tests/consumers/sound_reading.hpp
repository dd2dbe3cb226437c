// SPDX-License-Identifier: Apache-2.0

// Reads a sound file back as the bytes of a stream's frames, with the fields of its header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"

namespace shm::test {

struct SoundRead {
  bool is_open = false;
  std::string why;          ///< it could not be opened
  std::int64_t frames = 0;  ///< by the header
  int channels = 0;
  int rate = 0;
  std::string begins;            ///< the file's first four bytes
  std::string began;             ///< from a DATE comment or a broadcast extension; may be empty
  std::vector<std::byte> bytes;  ///< all frames that can be read, in the sample format asked for
};

[[nodiscard]] SoundRead read_sound(const std::string& path, SampleFormat as);

[[nodiscard]] std::vector<std::byte> read_bytes(const std::string& path);

}  // namespace shm::test
