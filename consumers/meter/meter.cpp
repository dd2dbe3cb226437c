// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/meter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/program.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;

shm::AudioFormat audio_of(const shm::RawReader& reader) {
  const shm::StreamInfo info = reader.info();
  const auto audio = shm::audio_format(info);
  if (audio) return *audio;
  throw shm::TypeMismatch(fmt::format(
      "stream '{}' is not one of audio (items of format '{}', and no fitting \"audio\" in its metadata): "
      "`shm cat {}` prints any stream",
      info.name, info.items.format, info.name));
}

std::chrono::nanoseconds to_ticks(double seconds) {
  return std::chrono::ceil<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

constexpr double longest = 1e9;  // seconds: a longer time means for ever

}  // namespace

Meter::Meter(const MeterArguments& arguments)
    : arguments_(arguments),
      reader_(attach(arguments.stream, "shm-meter")),
      audio_(audio_of(reader_)),
      watch_(reader_),
      marks_(reader_.info(), arguments.stream.directory),
      levels_(audio_),
      buffer_(std::max<std::size_t>(1, (std::size_t{1} << 20) / audio_.frame_bytes()) *
              audio_.frame_bytes()) {
  const bool bars = !arguments.json && is_terminal(1);
  const double interval = arguments.interval > 0 ? arguments.interval : arguments.json || bars ? 0.05 : 1.0;
  interval_ = to_ticks(std::min(interval, longest));
  if (arguments.enter) entry_.emplace(reader_);
  shown_until_ = reader_.cursor();
  started_ = read_at_ = Clock::now();
  if (arguments.seconds > 0 && arguments.seconds < longest) ends_ = started_ + to_ticks(arguments.seconds);
  if (bars) bars_.emplace(arguments.stream.stream, audio_.channels, out_);
}

void Meter::run() {
  auto next = started_ + interval_;
  while (!stop_interrupt().triggered() && Clock::now() < ends_) {
    if (!read_until(std::min(next, ends_))) break;
    const auto now = Clock::now();
    if (levels_.frames() > 0) {
      show();
    } else if (now - read_at_ > 500ms) {
      show_nothing();
    }
    look_around();
    next = std::max(next + interval_, now);
  }
  if (levels_.frames() > 0) show();
  finish();
}

/// Reads until the deadline, and then on to the next frames, so that the display is not older than it must
/// be; but it waits for these only a short time. False: ended, or stopped.
bool Meter::read_until(Clock::time_point time) {
  const auto patience = time + 50ms;
  for (;;) {
    const shm::ReadResult result = reader_.read(buffer_, shm::Amount::available, patience);
    if (result.count > 0) take(result);
    switch (result.status) {
      case shm::Status::ok:
        if (Clock::now() >= time) return true;
        break;
      case shm::Status::lost:
        lost_ += reader_.last_lost().size();
        break;
      case shm::Status::timed_out:
        return true;
      default:
        return false;
    }
  }
}

void Meter::take(const shm::ReadResult& result) {
  levels_.add(std::span(buffer_).first(result.count * audio_.frame_bytes()));
  summary_.frames_read += result.count;
  read_at_ = Clock::now();
  // Their marks are there by now: a producer writes the mark first.
  marks_.poll({.mark = [this](const shm::CaptureMark& mark) { gaps_.add(mark); },
               .anew = [this] { gaps_.forget_all(); }});
}

/// From the capture of the newest frame until now.
std::optional<double> Meter::delay_ms() const {
  const auto captured = marks_.time_of(reader_.cursor() - 1, audio_.rate);
  if (!captured) return std::nullopt;
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
  return static_cast<double>(now - *captured) / 1e6;
}

void Meter::show() {
  const shm::IndexRange shown{shown_until_, reader_.cursor()};
  gaps_.forget_before(shown.begin);
  Reading reading;
  reading.index = shown.end - 1;
  reading.levels = levels_.take();
  reading.lost = std::exchange(lost_, 0);
  reading.gap = frames_of(gaps_.within(shown));
  reading.delay_ms = delay_ms();
  summary_.frames_lost += reading.lost;
  summary_.gap_frames += reading.gap;
  summary_.gaps += gaps_.count_beginning_in({gaps_counted_until_, shown.end});
  shown_until_ = gaps_counted_until_ = shown.end;
  if (reading.delay_ms) summary_.delay_ms.add(*reading.delay_ms);
  present(reading);
}

/// Bars show that no frames come; lines of text and JSON appear only for frames.
void Meter::show_nothing() {
  if (!bars_) return;
  Reading reading;
  reading.no_data = true;
  reading.writer_lost = watch_.is_lost();
  present(reading);
}

void Meter::present(const Reading& reading) {
  summary_.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  if (bars_) return bars_->draw(reading, summary_);
  if (arguments_.json) {
    Reading stamped = reading;
    stamped.time = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    out_.append(reading_json(stamped));
  } else {
    out_.append(reading_text(reading) + "\n");
  }
  out_.flush();
}

void Meter::look_around() {
  const auto now = Clock::now();
  if (now - looked_at_ < 200ms) return;
  looked_at_ = now;
  if (entry_) entry_->poll();
  const std::string change = watch_.changed();
  if (!change.empty() && !bars_) notice(change);  // bars show it themselves
}

void Meter::finish() {
  entry_.reset();
  bars_.reset();
  summary_.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  summary_.frames_lost += lost_;
  if (arguments_.json) {
    out_.append(summary_json(summary_));
  } else {
    out_.append(summary_text(summary_) + "\n");
  }
  out_.flush();
}

}  // namespace shm::programs
