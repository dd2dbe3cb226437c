// SPDX-License-Identifier: Apache-2.0

// The convention for sound, by which capture daemons, players, recorders and meters understand each other's
// streams.
//
//   const shm::AudioFormat stereo{.sample = shm::SampleFormat::S16_LE, .channels = 2, .rate = 48000};
//   shm::RawWriter out("lab/mic", shm::frame_format(stereo),
//                      {.metadata = shm::audio_metadata(stereo), .sample_rate = stereo.rate});
//
// A stream of sound has one item for each frame (one sample for each channel, interleaved), a `sample_rate` in its
// header, and metadata like {"audio": {"sample_format": "S16_LE", "channels": 2, "device": "hw:CARD=PCH"}}.
//
// The producer of a stream NAME also writes the stream NAME.marks. It has a CaptureMark for each read from the
// device, which is published before the frames, and one for each gap. From the marks a reader knows when a frame
// was captured, and which frames are no sound.
//
// Pure functions on plain values: any thread may call them. Nothing here throws but std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/format/described.hpp"
#include "shm/storage/stream_info.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm {

/// Little-endian sample formats, by ALSA's names. S24_LE: the low three bytes of four.
enum class SampleFormat { U8, S16_LE, S24_3LE, S24_LE, S32_LE, FLOAT_LE, FLOAT64_LE };

[[nodiscard]] SHM_API std::string_view to_string(SampleFormat format) noexcept;
/// The format with this ALSA name, in any case. Empty: there is no such format.
[[nodiscard]] SHM_API std::optional<SampleFormat> sample_format(std::string_view name) noexcept;
[[nodiscard]] SHM_API std::size_t sample_bytes(SampleFormat format) noexcept;

struct AudioFormat {
  SampleFormat sample = SampleFormat::S16_LE;
  unsigned channels = 1;
  double rate = 0;          ///< frames per second
  std::string device = {};  ///< the device or file that it comes from; may be empty

  [[nodiscard]] std::size_t frame_bytes() const noexcept { return sample_bytes(sample) * channels; }
};

/// The PEP 3118 format of one frame: "(2)<h" for S16_LE stereo, "(2,3)<B" for S24_3LE stereo, "(1)<h" for one
/// channel.
[[nodiscard]] SHM_API std::string frame_format(const AudioFormat& audio);
/// The metadata of a stream of sound, as JSON text.
[[nodiscard]] SHM_API std::string audio_metadata(const AudioFormat& audio);
/// The sound format of a stream. Empty: the stream is not sound, or its header and metadata disagree.
[[nodiscard]] SHM_API std::optional<AudioFormat> audio_format(const StreamInfo& info);

/// One sample of a frame as a number from -1 to 1.
[[nodiscard]] SHM_API double sample_value(SampleFormat format, const std::byte* sample) noexcept;

struct CaptureMark {
  enum class Kind : std::uint32_t {
    block = 0,  ///< frames [index, index + frames) continue those before; captured from time_ns on
    start = 1,  ///< the same, but capture begins or resumes here: the time since the frame before is unknown
    gap = 2,    ///< frames [index, index + frames) are silence in place of lost sound
  };
  enum class Reason : std::uint32_t {
    none = 0,
    overrun = 1,
    suspend = 2,
    unplugged = 3,
    restart = 4,
    stall = 5
  };

  Index index = 0;  ///< of the first frame of the mark
  std::uint64_t frames = 0;
  std::int64_t time_ns = 0;  ///< CLOCK_MONOTONIC when frame `index` was captured
  Kind kind = Kind::block;
  Reason reason = Reason::none;  ///< of a gap or a start
};
BOOST_DESCRIBE_STRUCT(CaptureMark, (), (index, frames, time_ns, kind, reason))

[[nodiscard]] SHM_API std::string_view to_string(CaptureMark::Reason reason) noexcept;
[[nodiscard]] SHM_API std::string marks_name(std::string_view stream);  ///< NAME.marks

}  // namespace shm
