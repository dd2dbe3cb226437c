// SPDX-License-Identifier: Apache-2.0

// Audio in streams: how capture daemons, players, recorders and meters agree on what is in one.
//
// A stream of audio has one item per frame (one sample per channel, interleaved), `sample_rate` in its
// header, and this in its metadata: {"audio": {"sample_format": "S16_LE", "channels": 2, "device":
// "hw:CARD=PCH"}}.
//
// Beside the stream NAME its producer writes the stream NAME.marks: a CaptureMark whenever it reads from the
// device, before the frames are published, and one for every gap. From them a reader knows when a frame was
// captured, and what it must not take for sound.
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/format/described.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm {

/// Little-endian sample formats, by ALSA's names. S24_LE: the low three bytes of four.
enum class SampleFormat { U8, S16_LE, S24_3LE, S24_LE, S32_LE, FLOAT_LE, FLOAT64_LE };

[[nodiscard]] SHM_API std::string_view to_string(SampleFormat format) noexcept;
/// By ALSA's name, in any case. Empty if it is none of them.
[[nodiscard]] SHM_API std::optional<SampleFormat> sample_format(std::string_view name) noexcept;
[[nodiscard]] SHM_API std::size_t sample_bytes(SampleFormat format) noexcept;

struct AudioFormat {
  SampleFormat sample = SampleFormat::S16_LE;
  unsigned channels = 1;
  double rate = 0;     ///< frames per second
  std::string device;  ///< what it was captured from or played from; may be empty

  [[nodiscard]] std::size_t frame_bytes() const noexcept { return sample_bytes(sample) * channels; }
};

/// PEP 3118 format of one frame: "(2)<h" for S16_LE stereo, "(2,3)<B" for S24_3LE stereo; one channel is
/// "(1)<h".
[[nodiscard]] SHM_API std::string frame_format(const AudioFormat& audio);
/// The metadata text that makes a stream one of audio.
[[nodiscard]] SHM_API std::string audio_metadata(const AudioFormat& audio);
/// What a stream says of itself; empty if it is not one of audio, or contradicts itself.
[[nodiscard]] SHM_API std::optional<AudioFormat> audio_format(const StreamInfo& info);

/// One sample of a frame as a number from -1 to 1.
[[nodiscard]] SHM_API double sample_value(SampleFormat format, const std::byte* sample) noexcept;

struct CaptureMark {
  enum class Kind : std::uint32_t {
    block = 0,  ///< frames [index, index + frames) follow on what was before; captured from time on
    start = 1,  ///< the same, but capture begins or resumes here: nothing is known of what was before
    gap = 2,    ///< frames [index, index + frames) are silence that stands for sound that was lost
  };
  enum class Reason : std::uint32_t {
    none = 0,
    overrun = 1,
    suspend = 2,
    unplugged = 3,
    restart = 4,
    stall = 5
  };

  Index index = 0;  ///< of the first frame that the mark speaks of
  std::uint64_t frames = 0;
  std::int64_t time_ns = 0;  ///< CLOCK_MONOTONIC when frame `index` was captured
  Kind kind = Kind::block;
  Reason reason = Reason::none;  ///< of a gap or a start
};
BOOST_DESCRIBE_STRUCT(CaptureMark, (), (index, frames, time_ns, kind, reason))

[[nodiscard]] SHM_API std::string_view to_string(CaptureMark::Reason reason) noexcept;
[[nodiscard]] SHM_API std::string marks_name(std::string_view stream);  ///< NAME.marks

}  // namespace shm
