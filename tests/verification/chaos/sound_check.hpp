// SPDX-License-Identifier: Apache-2.0

// A sound whose frames contain their position in the sound, and a check of recordings of it.
#pragma once

#include <cstdint>
#include <string>

namespace shm::chaos {

inline constexpr unsigned sound_rate = 48000;
inline constexpr std::uint64_t sound_frames = 30000;  ///< fits in 16 bits

/// Writes it as WAV: two channels of 16 bits.
void write_sound(const std::string& path);

struct SoundCheck {
  std::uint64_t frames = 0;    ///< frames of the sound
  std::uint64_t silence = 0;   ///< frames in place of lost ones
  std::uint64_t restarts = 0;  ///< from its beginning
  std::string complaint;       ///< empty: nothing but the sound in order, silence and restarts
};

/// Checks raw frames. With `jumps`, any position of the sound may follow any other (losses were reported).
[[nodiscard]] SoundCheck check_sound(const std::string& raw_path, bool jumps);

}  // namespace shm::chaos
