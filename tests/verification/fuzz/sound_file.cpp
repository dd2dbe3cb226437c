// SPDX-License-Identifier: Apache-2.0

// Fuzz target: sound files of any bytes, read by libsndfile and played as shm-file does; and raw files.
#include <stdexcept>
#include <vector>

#include "producers/file/player.hpp"
#include "producers/file/sound_file.hpp"
#include "verification/fuzz/support/file_limit.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;
using programs::SoundFileReader;

constexpr std::uint64_t most_frames = 1 << 14;  // limit for one file, since a few bytes may stand for hours

void read_all(SoundFileReader& file, std::uint64_t block) {
  const std::size_t frame_bytes = file.audio().frame_bytes();
  SHM_FUZZ_CHECK(frame_bytes > 0);
  std::vector<std::byte> frames(block * frame_bytes);
  for (std::uint64_t read = 0; read < most_frames; read += block) {
    const std::uint64_t got = file.read(frames, block);
    SHM_FUZZ_CHECK(got <= block);
    if (got < block) break;
  }
}

/// Plays the file into a stream; the player stops before the first frame.
void play(const std::string& path) {
  const programs::StopSignal stop;
  stop.interrupt().trigger();
  programs::FileOptions options;
  options.common.stream = stream_name;
  options.common.history_seconds = 0.05;
  options.file = path;
  programs::play(options, stop);
}

AudioFormat some_raw_format(Input& input) {
  return {.sample = static_cast<SampleFormat>(input.below(7)),
          .channels = 1U + input.byte(),
          .rate = 8000,
          .device = {}};
}

}  // namespace

SHM_FUZZ_TARGET(sound_file) {
  limit_file_size();
  const std::uint8_t how = input.byte();
  const std::uint64_t block = 1 + input.byte();
  const AudioFormat raw = (how & 1U) != 0 ? some_raw_format(input) : AudioFormat{};
  put_file("sound", input.rest());
  const std::string path = directory() / "sound";
  try {
    const auto file = (how & 1U) != 0 ? programs::open_raw_file(path, raw) : programs::open_sound_file(path);
    read_all(*file, block);
    file->rewind();
    read_all(*file, block);
    if ((how & 2U) != 0) play(path);
  } catch (const std::runtime_error&) {  // an error message
  }
  clear_directory();
}
