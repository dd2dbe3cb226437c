// SPDX-License-Identifier: Apache-2.0

// A stream of audio with its ledger and its marks: frames go to NAME, their times to its ledger
// (shm/query/ledger.hpp), facts about their capture to NAME.marks (shm/audio/audio.hpp).
//
//   AudioStream out("lab/mic", audio, {.history_frames = 480000, .marks_history = 5000});
//   std::span<std::byte> slots = out.claim(480);
//   fill(slots);
//   out.publish_block({.frames = 480, .time_ns = t});     // the mark first, then the frames
//   out.publish_silence(96, t, CaptureMark::Reason::overrun);
//
// A process that dies between a mark and its frames leaves a mark of frames that never came. The next
// writer's marks then have the same index. The rule for readers of marks: a mark supersedes all older ones of
// its index or above.
//
// One thread. Closes both streams when destroyed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "shm/audio/audio.hpp"
#include "shm/stream/writer.hpp"

namespace shm::programs {

class AudioStream {
 public:
  struct Options {
    std::uint64_t history_frames = 480000;
    std::uint64_t max_claim = 0;  ///< 0: the library's default
    std::uint64_t marks_history = 4096;
    ::mode_t mode = 0600;
    std::string group = {};
    bool persistent = false;
    bool has_source = false;  ///< a Demand follows
    bool fit = false;  ///< measured times are a device's, with its jitter: the ledger is fitted to them
  };
  struct Block {
    std::uint64_t frames = 0;
    std::int64_t time_ns = 0;
    /// Measured time at which the first frame was captured. Without it the frames follow the ledger's line,
    /// unless they are a start.
    std::optional<std::int64_t> measured_ns = {};
    bool is_start = false;
    CaptureMark::Reason reason = CaptureMark::Reason::none;  ///< of a start
  };

  /// @throws as RawWriter. After an exception, no file is left that was not there before.
  AudioStream(const std::string& name, const AudioFormat& audio, const Options& options);
  ~AudioStream() { close(); }
  AudioStream(const AudioStream&) = delete;
  AudioStream& operator=(const AudioStream&) = delete;

  [[nodiscard]] Index inserted() const noexcept { return frames_.inserted(); }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return frames_.max_claim(); }
  [[nodiscard]] const AudioFormat& audio() const noexcept { return audio_; }
  [[nodiscard]] RawWriter& frames() noexcept { return frames_; }

  [[nodiscard]] std::span<std::byte> claim(std::uint64_t frames) { return frames_.claim(frames); }
  /// Publishes the first block.frames of the claimed frames.
  void publish_block(const Block& block);
  void publish_silence(std::uint64_t frames, std::int64_t time_ns, CaptureMark::Reason reason);
  /// Marks that capture stopped on purpose: a start of no frames, at the next index.
  void publish_stop(std::int64_t time_ns);

  /// When the next frame was due, if the writer before this one died while it captured. The last mark of a
  /// published frame decides: a mark alone proves nothing.
  [[nodiscard]] std::optional<std::int64_t> due_after_crash() const noexcept { return due_after_crash_; }

  void close() noexcept;

 private:
  void mark(const CaptureMark& mark);
  void publish(std::uint64_t frames, std::optional<Stamp> stamp);

  AudioFormat audio_;
  bool same_format_before_;  // initialised before frames_ takes the stream over
  RawWriter frames_;
  std::optional<Writer<CaptureMark>> marks_;
  std::optional<std::int64_t> due_after_crash_;
  std::int64_t last_mark_ns_ = 0;
  std::int64_t last_key_ = INT64_MIN;  // of the frames that another writer left
  bool is_stamped_ = false;
  std::optional<CaptureMark::Reason> gap_;  // silence was published: the next frames begin a new run
};

/// When frame `next` was due according to marks (oldest first). Empty if they do not cover it, or if capture
/// had stopped.
[[nodiscard]] std::optional<std::int64_t> due_by_marks(std::span<const CaptureMark> marks, Index next,
                                                       double rate);

/// Fills with silence: zero, or the middle for unsigned samples.
void fill_silence(SampleFormat format, std::span<std::byte> samples) noexcept;

}  // namespace shm::programs
