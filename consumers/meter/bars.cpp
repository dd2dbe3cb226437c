// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/text.hpp"

namespace shm::programs {
namespace {

constexpr double floor_db = -60;
constexpr auto hold_for = std::chrono::milliseconds(1500);
constexpr unsigned numbers_width = 32;  // channel number and levels beside the bar

unsigned columns_for(double amplitude, unsigned width) {
  const double part = std::clamp(1 - dbfs(amplitude) / floor_db, 0.0, 1.0);
  return static_cast<unsigned>(std::lround(part * width));
}

std::string level_text(double amplitude) {
  return amplitude > 0 ? fmt::format("{:6.1f}", dbfs(amplitude)) : "  -inf";
}

const char* color_for(double peak) {
  if (peak >= 1) return "\x1b[31m";  // clipping
  return dbfs(peak) >= -6 ? "\x1b[33m" : "\x1b[32m";
}

}  // namespace

std::string bar_text(const Level& level, double held_peak, unsigned width) {
  const unsigned rms = columns_for(level.rms, width);
  const unsigned peak = columns_for(level.peak, width);
  const unsigned held = columns_for(held_peak, width);
  std::string text;
  for (unsigned column = 1; column <= width; ++column) {
    if (column == held) {
      text += "│";
    } else if (column <= rms) {
      text += "█";
    } else {
      text += column <= peak ? "▒" : "·";
    }
  }
  return text;
}

Bars::Bars(std::string stream, unsigned channels, Output& out)
    : stream_(std::move(stream)), out_(&out), held_(channels), levels_(channels) {
  out_->append("\x1b[?25l");  // no cursor
}

Bars::~Bars() {
  try {
    out_->append("\x1b[?25h");
    out_->flush();
  } catch (const std::exception&) {  // the terminal is gone
  }
}

void Bars::hold(const std::vector<Level>& levels) {
  const auto now = Clock::now();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    Held& held = held_[i];
    if (levels[i].peak >= held.peak || now - held.since > hold_for) held = {levels[i].peak, now};
  }
}

void Bars::draw(const Reading& reading, const MeterSummary& so_far) {
  if (!reading.no_data) levels_ = reading.levels;
  hold(levels_);
  const TerminalSize size = terminal_size(1);
  // A line that wraps, or a screen that scrolls, would spoil redrawing in place.
  const unsigned room = std::max(size.rows, 4U) - 3;
  const auto channels = static_cast<unsigned>(levels_.size());
  const unsigned shown = std::min(channels, channels > room ? room - 1 : room);
  const unsigned width = size.columns > numbers_width + 5 ? size.columns - numbers_width - 1 : 5;
  auto to = fmt::appender(out_->buffer());
  if (lines_ > 0) fmt::format_to(to, "\x1b[{}A\r", lines_);
  for (unsigned i = 0; i < shown; ++i) {
    fmt::format_to(to, "\x1b[K{:>3} {}{}\x1b[0m {} peak {} rms\n", i + 1, color_for(levels_[i].peak),
                   bar_text(levels_[i], held_[i].peak, width), level_text(held_[i].peak),
                   level_text(levels_[i].rms));
  }
  if (shown < channels) fmt::format_to(to, "\x1b[K    ... and {} channels more\n", channels - shown);
  std::string status = fmt::format("{}  {}  delay {}  lost {}  gaps {}", stream_, clock_text(so_far.seconds),
                                   reading.delay_ms ? fmt::format("{:.2f} ms", *reading.delay_ms) : "-",
                                   so_far.frames_lost, so_far.gaps);
  if (reading.writer_lost) {
    status += "  writer lost, waiting";
  } else if (reading.no_data) {
    status += "  no data";
  }
  fmt::format_to(to, "\x1b[K{}\n\x1b[J", status.substr(0, size.columns - 1));
  lines_ = shown + (shown < channels ? 1 : 0) + 1;
  out_->flush();
}

}  // namespace shm::programs
