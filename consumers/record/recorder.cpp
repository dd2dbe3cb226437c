// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/program.hpp"
#include "common/text.hpp"
#include "shm/query/ledger.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/time/clock.hpp"

namespace shm::programs {
namespace {

constexpr auto longest_wait = std::chrono::milliseconds(200);
constexpr double longest_fill_seconds = 86400;
constexpr std::size_t most_buffer_bytes = std::size_t{4} << 20;

std::string audio_text(const shm::AudioFormat& audio) {
  return fmt::format("{} of {} at {} Hz", count_text(audio.channels, "channel"), shm::to_string(audio.sample),
                     audio.rate);
}

bool same_audio(const shm::AudioFormat& a, const shm::AudioFormat& b) {
  return a.sample == b.sample && a.channels == b.channels && a.rate == b.rate;
}

shm::AudioFormat audio_of(const shm::StreamInfo& info) {
  const auto audio = shm::audio_format(info);
  if (audio) return *audio;
  throw shm::TypeMismatch(fmt::format(
      "stream '{}' is not one of audio (items of format '{}', and no fitting \"audio\" in its metadata): "
      "`shm cat {} --format raw` takes any stream",
      info.name, info.items.format, info.name));
}

}  // namespace

Recorder::Recorder(const RecordArguments& arguments)
    : arguments_(arguments),
      reader_(std::make_unique<shm::RawReader>(attach(arguments.stream, "shm-record"))),
      watch_(std::make_unique<WriterWatch>(*reader_)),
      stream_(reader_->info()),
      audio_(audio_of(stream_)),
      marks_(stream_, arguments.stream.directory) {
  if (arguments.frames > 0) limit_ = arguments.frames;
  if (arguments.seconds > 0 && arguments.seconds * audio_.rate < 9e18) {
    limit_ = std::min(limit_, static_cast<std::uint64_t>(std::llround(arguments.seconds * audio_.rate)));
  }
  start_at(StartPosition::parse(arguments.from));
  check_recording(arguments.file, audio_, arguments.overwrite);
  // Ten writes a second: small enough for a crash to cost little, and a quarter of the history at most.
  const std::size_t frame_bytes = audio_.frame_bytes();
  const std::uint64_t most = std::min<std::uint64_t>(reader_->history() / 4, most_buffer_bytes / frame_bytes);
  // The rate is from the stream's header, and may be any number.
  const double tenth = std::min(audio_.rate / 10, static_cast<double>(most));
  chunk_ = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(tenth));
  buffer_.resize(std::max<std::size_t>(chunk_, most_buffer_bytes / frame_bytes) * frame_bytes);
  summary_.first_index = reader_->cursor();
  // A file that is to be replaced is touched only once there is something to record.
  if (arguments.enter) entry_ = std::make_unique<SourceEntry>(*reader_);
  file_ = make_recording(arguments.file, audio_, arguments.overwrite);
}

void Recorder::start_at(const StartPosition& start) {
  start.seek(*reader_);
  from_oldest_ = start.kind == StartPosition::Kind::oldest || start.index < 0;
  if (reader_->cursor() < reader_->oldest() && !from_oldest_) {
    throw UsageError(
        fmt::format("frame {} of '{}' is gone; the oldest that can be read is {}: use --from oldest",
                    reader_->cursor(), stream_.name, reader_->oldest()));
  }
}

RecordingSummary Recorder::run() {
  try {
    record();
  } catch (const FileError& error) {
    end(EndReason::write_failed, error.what());
  } catch (const shm::Interrupted&) {
    end(EndReason::stopped);
  } catch (const shm::Error& error) {
    end(EndReason::failed, error.what());
  }
  line_.clear();
  entry_.reset();
  follow_marks();
  try {
    file_->close();
  } catch (const FileError& error) {
    if (summary_.reason != EndReason::write_failed) end(EndReason::write_failed, error.what());
  }
  summary_.stream = stream_.name;
  summary_.file = arguments_.file;
  summary_.container = file_->container();
  summary_.audio = audio_;
  summary_.frames = file_->frames();
  const shm::IndexRange recorded{summary_.first_index, summary_.end_index};
  summary_.gaps = gaps_.within(recorded);
  for (const shm::CaptureMark& mark : starts_) {
    if (mark.index > recorded.begin && mark.index < recorded.end) summary_.resumed.push_back(mark);
  }
  summary_.has_marks = marks_.is_attached() || has_seen_marks_;
  summary_.marks_lost = marks_.lost();
  return summary_;
}

std::uint64_t Recorder::left() const { return limit_ - std::min(limit_, file_->frames()); }

void Recorder::end(EndReason reason, std::string detail) {
  summary_.reason = reason;
  summary_.detail = std::move(detail);
  done_ = true;
}

void Recorder::record() {
  summary_.end_index = summary_.first_index;
  while (!done_) {
    if (left() == 0) return end(EndReason::limit);
    if (!stop_at_) {
      const std::uint64_t wanted = std::min(chunk_, left());
      if (reader_->wait_for(reader_->cursor() + wanted, longest_wait) == shm::Status::interrupted) {
        stop_at_ = reader_->inserted();
      }
    }
    read_once();
    look_around();
  }
}

/// Writes the items that are readable.
void Recorder::read_once() {
  std::uint64_t most = std::min<std::uint64_t>(left(), buffer_.size() / audio_.frame_bytes());
  if (stop_at_) {
    if (reader_->cursor() >= *stop_at_) return end(EndReason::stopped);
    most = std::min(most, *stop_at_ - reader_->cursor());
  }
  const std::span<std::byte> room = std::span(buffer_).first(most * audio_.frame_bytes());
  const shm::ReadResult result = reader_->read(room, shm::Amount::available, shm::Deadline::now());
  if (result.count > 0) write(room.first(result.count * audio_.frame_bytes()));
  if (result.status == shm::Status::lost) return take_loss();
  if (result.status == shm::Status::ended && result.count == 0 && !follow_replacement()) end_with_stream();
}

void Recorder::write(std::span<const std::byte> frames) {
  if (line_.is_shown()) {
    const std::size_t bytes = shm::sample_bytes(audio_.sample);
    for (std::size_t at = 0; at < frames.size(); at += bytes) {
      peak_ = std::max(peak_, std::fabs(shm::sample_value(audio_.sample, frames.data() + at)));
    }
  }
  const std::uint64_t before = file_->frames();
  if (before == 0) begin_at(reader_->cursor() - frames.size() / audio_.frame_bytes());
  try {
    file_->write(frames);
  } catch (const FileError&) {
    summary_.end_index += file_->frames() - before;
    throw;
  }
  summary_.end_index = reader_->cursor();
}

/// When the first frame was captured, if the stream has times.
void Recorder::begin_at(shm::Index first) {
  if (!stream_.ledger) return;
  const shm::Ledger ledger(*reader_);
  const std::optional<std::int64_t> key = ledger.key(first);
  if (!key) return;
  const shm::ClockConversion to_realtime(stream_.clock.id, CLOCK_REALTIME);
  const double uncertainty = ledger.uncertainty(first).value_or(0);
  summary_.began_ns = to_realtime(*key);
  summary_.began_uncertainty_ns =
      static_cast<std::int64_t>(std::min(uncertainty, 9e18)) + to_realtime.uncertainty_ns();
  file_->begin_at(*summary_.began_ns);
}

void Recorder::take_loss() {
  const shm::IndexRange lost = reader_->last_lost();
  if (from_oldest_ &&
      file_->frames() == 0) {  // the oldest item moved on during the attach: no requested frame is missing
    summary_.first_index = summary_.end_index = reader_->cursor();
    return;
  }
  summary_.lost.push_back(lost);
  line_.clear();
  notice(fmt::format("lost frames {} to {} ({})", lost.begin, lost.end - 1, lost.size()));
  // Counters that jump (a broken writer) must not fill a disk with silence.
  const bool is_likely = static_cast<double>(lost.size()) / audio_.rate < longest_fill_seconds;
  if (arguments_.fill && is_likely) {
    const std::size_t frame_bytes = audio_.frame_bytes();
    std::uint64_t missing = std::min(lost.size(), left());
    std::fill(buffer_.begin(), buffer_.end(), silence_byte(audio_.sample));
    while (missing > 0) {
      const std::uint64_t now = std::min<std::uint64_t>(missing, buffer_.size() / frame_bytes);
      file_->write(std::span(buffer_).first(now * frame_bytes));
      summary_.filled_frames += now;
      summary_.end_index += now;
      missing -= now;
    }
    if (left() == 0) return;
  }
  summary_.end_index = reader_->cursor();
}

void Recorder::look_around() {
  follow_marks();
  const auto now = Clock::now();
  if (now - looked_ >= longest_wait && !done_) {
    looked_ = now;
    if (entry_) entry_->poll();
    const std::string change = watch_->changed();
    if (!change.empty()) {
      line_.clear();
      notice(change);
    }
  }
  if (line_.is_shown() && now - shown_ >= std::chrono::milliseconds(200)) {
    shown_ = now;
    show_progress();
  }
}

void Recorder::follow_marks() {
  MarksFollower::Listener listener;
  listener.mark = [this](const shm::CaptureMark& mark) {
    has_seen_marks_ = true;
    if (mark.index + mark.frames < summary_.first_index) return;
    gaps_.add(mark);
    if (mark.kind == shm::CaptureMark::Kind::start) starts_.push_back(mark);
  };
  listener.anew = [this] {
    gaps_.forget_all();
    starts_.clear();
  };
  marks_.poll(listener);
}

/// The stream ended under this name. Is there one in its place that continues its indices? (A producer that
/// was restarted with another history makes such a one.)
bool Recorder::follow_replacement() {
  try {
    const shm::StreamInfo now = shm::stream_info(stream_.name, arguments_.stream.directory);
    const auto audio = shm::audio_format(now);
    const shm::Index at = reader_->cursor();
    const bool goes_on = now.writer.epoch > stream_.writer.epoch && audio && same_audio(*audio, audio_) &&
                         now.items.first_index <= at && at <= now.items.inserted;
    if (!goes_on) return false;
    auto next = std::make_unique<shm::RawReader>(stream_.name, shm::Start::at(at),
                                                 reader_options(arguments_.stream, "shm-record"),
                                                 shm::frame_format(audio_));
    entry_.reset();
    watch_ = std::make_unique<WriterWatch>(*next);
    reader_ = std::move(next);
    stream_ = now;
    if (arguments_.enter) entry_ = std::make_unique<SourceEntry>(*reader_);
    return true;
  } catch (const shm::NotFound&) {
    return false;
  }
}

void Recorder::end_with_stream() {
  try {
    const shm::StreamInfo now = shm::stream_info(stream_.name, arguments_.stream.directory);
    const auto audio = shm::audio_format(now);
    if (now.file.created_realtime_ns == stream_.file.created_realtime_ns)
      return end(EndReason::ended);  // a persistent one
    if (audio && same_audio(*audio, audio_)) {
      return end(
          EndReason::replaced,
          fmt::format("'{}' ended, and a new stream has its name: record that one anew", stream_.name));
    }
    end(EndReason::replaced,
        fmt::format("'{}' ended: it was replaced by a stream of another type ({}, was {})", stream_.name,
                    audio ? audio_text(*audio) : "format '" + now.items.format + "'", audio_text(audio_)));
  } catch (const shm::Error&) {  // no stream of that name, as usual
    end(EndReason::ended);
  }
}

void Recorder::show_progress() {
  const double seconds = static_cast<double>(file_->frames()) / audio_.rate;
  const std::string level = peak_ > 0 ? fmt::format("{:.1f} dB", 20 * std::log10(peak_)) : "silence";
  line_.show(fmt::format("{}  {}  {}  lost {}  gaps {}  {}{}", clock_text(seconds),
                         count_text(file_->frames(), "frame"),
                         bytes_text(file_->frames() * audio_.frame_bytes()), summary_.lost_frames(),
                         gaps_.within({summary_.first_index, summary_.end_index}).size(), level,
                         watch_->is_lost() ? "  (writer lost, waiting)" : ""));
  peak_ = 0;
}

}  // namespace shm::programs
