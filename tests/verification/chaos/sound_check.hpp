// SPDX-License-Identifier: Apache-2.0

// A sound of which each frame says where in the sound it is, and a check of recordings of it.
#pragma once

#include <cstdint>
#include <string>

namespace shm::chaos {

inline constexpr unsigned sound_rate = 48000;
inline constexpr std::uint64_t sound_frames = 30000;  ///< fewer than a 16-bit number counts

/// Writes it as WAV: two channels of 16 bits.
void write_sound(const std::string& path);

struct SoundCheck {
  std::uint64_t frames = 0;    ///< that are of the sound
  std::uint64_t silence = 0;   ///< that stand for lost ones
  std::uint64_t restarts = 0;  ///< from its beginning
  std::string complaint;       ///< empty: nothing but the sound in order, silence and restarts
};

/// Checks raw frames. With `jumps`, any place of the sound may follow any other (losses were told).
[[nodiscard]] SoundCheck check_sound(const std::string& raw_path, bool jumps);

}  // namespace shm::chaos
