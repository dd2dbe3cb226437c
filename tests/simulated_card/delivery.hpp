// SPDX-License-Identifier: Apache-2.0

// Delivery: which world frame sits at which position of the capture stream during one run (from a start to a
// stop).
//
//     Delivery delivery(1000);                   // started when the world was at frame 1000
//     delivery.position_at(1480);                // 480 frames captured
//     delivery.lose(1480, 2440, 480);            // a stall: frames [1480, 2440) are never captured
//     delivery.chunk(470, 20);                   // world frames 1470..1479, and then 2440..2449
//
// Positions count the captured frames of the run. They never jump; the world frames behind them do, after a
// stall. Plain values, no clock and no ALSA.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace simulated_card {

/// World frames [from, to).
struct WorldRange {
  std::int64_t from = 0;
  std::int64_t to = 0;

  [[nodiscard]] std::int64_t frames() const { return to - from; }
  friend bool operator==(const WorldRange&, const WorldRange&) = default;
};

class Delivery {
 public:
  explicit Delivery(std::int64_t world = 0) : segments_{{0, world}} {}

  /// How many frames have been captured when the world is at frame `world`.
  [[nodiscard]] std::int64_t position_at(std::int64_t world) const {
    const Segment& last = segments_.back();
    return last.position + (world > last.world ? world - last.world : 0);
  }

  /// The inverse for the newest frames: where the world is when `position` frames have been captured.
  [[nodiscard]] std::int64_t world_when_captured(std::int64_t position) const {
    const Segment& last = segments_.back();
    return last.world + (position > last.position ? position - last.position : 0);
  }

  /// The longest contiguous range of at most `frames` world frames at `position`.
  [[nodiscard]] WorldRange chunk(std::int64_t position, std::int64_t frames) const {
    std::size_t at = segments_.size() - 1;
    while (at > 0 && segments_[at].position > position) --at;
    const std::int64_t from = segments_[at].world + position - segments_[at].position;
    if (at + 1 < segments_.size()) {
      const std::int64_t left = segments_[at + 1].position - position;
      if (left < frames) frames = left;
    }
    return {from, from + frames};
  }

  /// From world frame `at` the card stands still until world frame `until`. Positions that were reported to
  /// the program (`captured` of them) stay captured. Returns the lost frames; empty if the stall ends before
  /// that.
  std::optional<WorldRange> lose(std::int64_t at, std::int64_t until, std::int64_t captured) {
    std::int64_t position = position_at(at);
    if (position < captured) position = captured;
    const std::int64_t from = world_when_captured(position);
    if (until <= from) return std::nullopt;
    if (segments_.back().position == position) {
      segments_.back().world = until;
    } else {
      segments_.push_back({position, until});
    }
    return WorldRange{from, until};
  }

 private:
  struct Segment {
    std::int64_t position;
    std::int64_t world;
  };
  std::vector<Segment> segments_;  // one more for each stall: short
};

}  // namespace simulated_card
