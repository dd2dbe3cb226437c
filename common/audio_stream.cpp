// SPDX-License-Identifier: Apache-2.0
#include "common/audio_stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "shm/query/ledger.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"

namespace shm::programs {
namespace {

// 128 KiB: some hundred gaps a second, over ten seconds.
constexpr std::uint64_t most_anchors = 4096 - 65;

StreamOptions frame_options(const AudioFormat& audio, const AudioStream::Options& options) {
  StreamOptions result;
  result.history = options.history_frames;
  result.max_claim = options.max_claim;
  result.mode = options.mode;
  result.group = options.group;
  result.metadata = audio_metadata(audio);
  result.sample_rate = audio.rate;
  result.ledger = LedgerOptions{.anchors = most_anchors, .fit = options.fit};
  result.has_source = options.has_source;
  result.persistent = options.persistent;
  return result;
}

StreamOptions marks_options(const std::string& name, const AudioStream::Options& options) {
  StreamOptions result;
  result.history = options.marks_history;
  result.mode = options.mode;
  result.group = options.group;
  result.metadata = nlohmann::json{{"capture_marks", {{"of", name}}}}.dump();
  result.timestamp = Timestamp::field("time_ns");
  result.persistent = options.persistent;
  return result;
}

/// True if the stream held the same kind of sound before. Otherwise its old marks do not apply to the new
/// frames.
bool had_format(const std::string& name, const AudioFormat& audio) {
  try {
    const auto before = audio_format(stream_info(name));
    return before && before->sample == audio.sample && before->channels == audio.channels &&
           before->rate == audio.rate;
  } catch (const Error&) {
    return false;
  }
}

// The marks of a broken writer may hold any number. A time beyond this limit is no time (a number holds
// 9.2e18 ns).
constexpr double longest_ns = 4e18;  // 126 years

}  // namespace

std::optional<std::int64_t> due_by_marks(std::span<const CaptureMark> marks, Index next, double rate) {
  using Kind = CaptureMark::Kind;
  for (; !marks.empty(); marks = marks.first(marks.size() - 1)) {
    const CaptureMark& mark = marks.back();
    if (mark.index > next) continue;  // of frames that never came
    if (std::abs(static_cast<double>(mark.time_ns)) > longest_ns) return std::nullopt;
    if (mark.kind == Kind::start && mark.frames == 0) {
      if (mark.index == next) return std::nullopt;  // stopped on purpose
      continue;
    }
    if (mark.index == next && mark.kind != Kind::start) return mark.time_ns;
    if (mark.index == next)
      continue;  // a start that was announced and did not come: the marks before it hold
    if (mark.index + mark.frames < next) return std::nullopt;  // the marks end before the frames do
    const double since = static_cast<double>(next - mark.index) * 1e9 / rate;
    if (!(since < longest_ns)) return std::nullopt;
    return mark.time_ns + std::llround(since);
  }
  return std::nullopt;
}

void fill_silence(SampleFormat format, std::span<std::byte> samples) noexcept {
  std::memset(samples.data(), format == SampleFormat::U8 ? 0x80 : 0, samples.size());
}

AudioStream::AudioStream(const std::string& name, const AudioFormat& audio, const Options& options)
    : audio_(audio),
      same_format_before_(had_format(name, audio)),
      frames_(name, frame_format(audio), frame_options(audio, options)) {
  try {
    marks_.emplace(marks_name(name), marks_options(name, options));
  } catch (...) {
    // Streams that existed before stay for the next writer; streams that this call created are removed.
    const bool taken_over = frames_.info().writer.epoch > 1;
    taken_over ? frames_.detach() : frames_.close();
    if (!taken_over && options.persistent) remove_stream(name);
    throw;
  }
  Reader<CaptureMark> before(marks_name(name), Start::oldest(), {.name = "resume"});
  const std::vector<CaptureMark> marks = before.slice({});
  if (!marks.empty()) last_mark_ns_ = marks.back().time_ns;
  if (same_format_before_) due_after_crash_ = due_by_marks(marks, inserted(), audio.rate);
  if (inserted() > 0) {
    const RawReader left(name, Start::next(), {.name = "resume"});
    last_key_ = Ledger(left).key(inserted() - 1).value_or(INT64_MIN);
  }
}

/// Frames that were claimed, stamped or on the line that stands.
void AudioStream::publish(std::uint64_t frames, std::optional<Stamp> stamp) {
  // Times that are not measured may have run ahead of the clock under the previous writer.
  if (stamp) stamp->key = std::max(stamp->key, last_key_);
  try {
    frames_.publish(frames, stamp);
  } catch (const LedgerFull&) {
    // The readable time can hold hundreds of gaps. They continue on the line: a gap is as long as its
    // silence.
    if (!is_stamped_) throw;
    frames_.publish(frames);
  }
  is_stamped_ = true;
}

void AudioStream::mark(const CaptureMark& mark) {
  CaptureMark ordered = mark;
  // The marks are a stream that can be searched by time: its times never decrease.
  ordered.time_ns = last_mark_ns_ = std::max(last_mark_ns_, mark.time_ns);
  marks_->append(ordered);
}

void AudioStream::publish_block(const Block& block) {
  if (block.frames == 0) return;
  mark({.index = inserted(),
        .frames = block.frames,
        .time_ns = block.time_ns,
        .kind = block.is_start ? CaptureMark::Kind::start : CaptureMark::Kind::block,
        .reason = block.is_start ? block.reason : CaptureMark::Reason::none});
  std::optional<Stamp> stamp;
  if (block.measured_ns || block.is_start || !is_stamped_) {
    stamp = Stamp::first(block.measured_ns.value_or(block.time_ns));
    if (block.is_start) stamp = stamp->after_gap(static_cast<std::uint8_t>(block.reason));
    if (gap_) stamp = stamp->after_gap(static_cast<std::uint8_t>(*gap_));
    gap_.reset();
  }
  publish(block.frames, stamp);
}

void AudioStream::publish_silence(std::uint64_t frames, std::int64_t time_ns, CaptureMark::Reason reason) {
  if (frames == 0) return;
  mark({.index = inserted(),
        .frames = frames,
        .time_ns = time_ns,
        .kind = CaptureMark::Kind::gap,
        .reason = reason});
  for (std::uint64_t left = frames; left > 0;) {
    const std::uint64_t step = std::min(left, max_claim());
    fill_silence(audio_.sample, claim(step));
    publish(step, is_stamped_ ? std::nullopt : std::optional(Stamp::first(time_ns)));
    left -= step;
  }
  gap_ = reason;
}

void AudioStream::publish_stop(std::int64_t time_ns) {
  mark({.index = inserted(), .frames = 0, .time_ns = time_ns, .kind = CaptureMark::Kind::start});
}

void AudioStream::close() noexcept {
  // Frames first: a reader that sees their end still finds the marks in shared memory.
  frames_.close();
  if (marks_) marks_->close();
}

}  // namespace shm::programs
