// SPDX-License-Identifier: Apache-2.0

// Recording: the frames at the simulated microphone, decoded into the bytes that the card delivers.
//
//     const Recording recording = load_recording("/usr/share/sounds/alsa/Front_Center.wav", {});
//     recording.copy(world, frames, areas, offset);           // world frame w is frame w % length, endlessly
//
// WAV, FLAC and all other formats of libsndfile. A file that it does not recognise is raw samples, and then
// format, rate and channels must be given. Samples are never rounded: a format that cannot hold them exactly
// is refused. The whole recording is held in memory.
#pragma once

#include <alsa/asoundlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulated_card {

/// The parameters of the configuration; 0 and UNKNOWN mean the file's own.
struct RecordingFormat {
  snd_pcm_format_t format = SND_PCM_FORMAT_UNKNOWN;  ///< S16_LE, S24_3LE, S32_LE or FLOAT_LE
  unsigned rate = 0;                                 ///< another than the file's own: plays faster or slower
  unsigned channels = 0;  ///< another than the file's own: only from mono, repeated
};

class Recording {
 public:
  /// `bytes` holds whole frames, interleaved. Throws std::invalid_argument if it is empty.
  Recording(RecordingFormat format, std::vector<std::byte> bytes);

  [[nodiscard]] const RecordingFormat& format() const { return format_; }
  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] std::size_t sample_bytes() const { return sample_bytes_; }
  [[nodiscard]] std::size_t frame_bytes() const { return sample_bytes_ * format_.channels; }

  /// World frames [world, world + frames) as interleaved bytes: the reference to compare with.
  [[nodiscard]] std::vector<std::byte> frames(std::int64_t world, std::int64_t frames) const;

  /// Copies world frames [world, world + frames) to areas[channel], from frame `offset` there.
  void copy(std::int64_t world, std::int64_t frames, const snd_pcm_channel_area_t* areas,
            snd_pcm_uframes_t offset) const;

 private:
  RecordingFormat format_;
  std::size_t sample_bytes_;
  std::vector<std::byte> bytes_;
  std::int64_t length_;
};

/// Throws std::system_error if the file cannot be read, std::invalid_argument if the request cannot be met.
[[nodiscard]] Recording load_recording(const std::string& path, RecordingFormat wish);

}  // namespace simulated_card
