// SPDX-License-Identifier: Apache-2.0
#include "producers/file/player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/audio_stream.hpp"
#include "common/log.hpp"
#include "shm/source/demand.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;

AudioStream::Options stream_options(const FileOptions& options, const AudioFormat& audio,
                                    std::uint64_t block) {
  AudioStream::Options result;
  result.history_frames = static_cast<std::uint64_t>(std::ceil(options.common.history_seconds * audio.rate));
  result.history_frames = std::max<std::uint64_t>(result.history_frames, 2 * block);
  result.max_claim = std::max<std::uint64_t>(result.history_frames / 8, block);
  result.marks_history = 2 * (result.history_frames / block) + 64;
  result.mode = options.common.mode();
  result.group = options.common.group;
  result.persistent = options.common.persistent;
  result.has_source = options.wait_reader;
  return result;
}

/// Waits until a reader enters; false if stopped.
bool wait_until_entered(Demand& demand, const StopSignal& stop, Notify& notify) {
  log::info("waiting for a reader");
  notify.status("waiting for a reader");
  while (!stop.triggered() && !demand.wanted()) {
    notify.alive();
    demand.wait(1s, &stop.interrupt());
  }
  return !stop.triggered();
}

/// Empty for "all".
std::vector<std::string> reader_names(const std::string& text) {
  std::vector<std::string> names;
  if (text == "all") return names;
  std::istringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::unique_ptr<Pace> make_pace(const FileOptions& options, AudioStream& stream, const StopSignal& stop) {
  if (options.as_fast_as.empty())
    return std::make_unique<ClockPace>(stream.audio().rate * options.speed, stop);
  std::vector<std::string> names = reader_names(options.as_fast_as);
  const std::size_t first =
      options.wait_readers.value_or(static_cast<unsigned>(std::max<std::size_t>(1, names.size())));
  auto pace = std::make_unique<ReaderPace>(stream.frames(), std::move(names), stop);
  log::info("waiting for {} reader{} to attach", first, first == 1 ? "" : "s");
  pace->wait_for_readers(first);
  return pace;
}

void play_blocks(SoundFileReader& file, AudioStream& stream, Pace& pace, std::uint64_t block, bool loop,
                 Notify& notify) {
  std::uint64_t played = 0;
  while (const std::uint64_t allowed = pace.allow(played, block)) {
    const std::span<std::byte> slots = stream.claim(allowed);
    const std::size_t frame_bytes = stream.audio().frame_bytes();
    std::uint64_t got = file.read(slots, allowed);
    while (loop && got < allowed) {
      file.rewind();
      const std::uint64_t more = file.read(slots.subspan(got * frame_bytes), allowed - got);
      if (more == 0) break;  // it was emptied meanwhile
      got += more;
    }
    stream.publish_block({.frames = got, .time_ns = pace.time_of(played), .is_start = played == 0});
    played += got;
    notify.alive();
    if (got < allowed) break;
  }
  log::info("played {} frames", played);
}

}  // namespace

std::unique_ptr<SoundFileReader> FileOptions::open() const {
  if (!raw) {
    if (rate || channels || format)
      throw UsageError("--rate, --channels and --format describe a --raw file only");
    return open_sound_file(file);
  }
  if (!rate || !channels || !format) throw UsageError("a --raw file needs --rate, --channels and --format");
  return open_raw_file(file, {sample_format(*format).value(), *channels, *rate, file});
}

void play(const FileOptions& options, const StopSignal& stop) {
  const std::unique_ptr<SoundFileReader> file = options.open();
  const AudioFormat& audio = file->audio();
  const auto block =
      static_cast<std::uint64_t>(std::max(1.0, std::round(audio.rate * options.block_ms / 1000)));
  AudioStream stream(options.common.stream, audio, stream_options(options, audio, block));
  Notify notify;
  notify.ready("started");
  log::info("stream '{}' from '{}': {}, {} Hz, {} channels", options.common.stream, options.file,
            to_string(audio.sample), audio.rate, audio.channels);
  std::optional<Demand> demand;
  if (options.wait_reader) {
    demand.emplace(stream.frames());
    if (!wait_until_entered(*demand, stop, notify)) return;
    demand->started();
  }
  const std::unique_ptr<Pace> pace = make_pace(options, stream, stop);
  notify.status("playing " + options.file);
  play_blocks(*file, stream, *pace, block, options.loop, notify);
  notify.stopping();
}

}  // namespace shm::programs
