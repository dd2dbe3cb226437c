// SPDX-License-Identifier: Apache-2.0
#include "sound_check.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "item.hpp"

namespace shm::chaos {
namespace {

using Frame = std::array<std::uint16_t, 2>;

Frame frame_at(std::uint64_t place) {
  // Never two zeros: those are silence.
  return {static_cast<std::uint16_t>(place), static_cast<std::uint16_t>(mix(place + 1) | 1)};
}

template <class Number>
void put(std::string& to, Number number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

void write_sound(const std::string& path) {
  constexpr auto data_bytes = static_cast<std::uint32_t>(sound_frames * sizeof(Frame));
  std::string wav = "RIFF";
  put<std::uint32_t>(wav, 36 + data_bytes);
  wav += "WAVEfmt ";
  put<std::uint32_t>(wav, 16);
  put<std::uint16_t>(wav, 1);  // PCM
  put<std::uint16_t>(wav, 2);
  put<std::uint32_t>(wav, sound_rate);
  put<std::uint32_t>(wav, sound_rate * sizeof(Frame));
  put<std::uint16_t>(wav, sizeof(Frame));
  put<std::uint16_t>(wav, 16);
  wav += "data";
  put<std::uint32_t>(wav, data_bytes);
  for (std::uint64_t place = 0; place < sound_frames; ++place) put(wav, frame_at(place));
  std::ofstream(path, std::ios::binary) << wav;
}

SoundCheck check_sound(const std::string& raw_path, bool jumps) {
  std::ifstream file(raw_path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  SoundCheck check;
  std::uint64_t expected = sound_frames;  // no frame: the first may be any
  for (std::size_t at = 0; at + sizeof(Frame) <= bytes.size(); at += sizeof(Frame)) {
    Frame frame;
    std::memcpy(&frame, bytes.data() + at, sizeof frame);
    if (frame == Frame{}) {
      ++check.silence;
      expected = sound_frames;
      continue;
    }
    const std::uint64_t place = frame[0];
    if (place >= sound_frames || frame != frame_at(place)) {
      check.complaint = fmt::format("frame {} is not of the sound", at / sizeof frame);
      return check;
    }
    if (expected != sound_frames && place != expected) {
      if (place != 0 && !jumps) {
        check.complaint = fmt::format("frame {} is place {} of the sound, after place {}", at / sizeof frame,
                                      place, (expected + sound_frames - 1) % sound_frames);
        return check;
      }
      ++check.restarts;
    }
    ++check.frames;
    expected = (place + 1) % sound_frames;
  }
  return check;
}

}  // namespace shm::chaos
