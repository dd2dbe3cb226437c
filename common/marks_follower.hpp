// SPDX-License-Identifier: Apache-2.0

// Follows STREAM.marks: when frames were captured, and which of them are not sound. See shm/audio/audio.hpp.
//
//   MarksFollower marks(stream, directory);
//   marks.poll({.mark = [&](const shm::CaptureMark& mark) { ... }});   // after frames were read: their marks
//   marks.time_of(frame, rate);                                        // are there by then
//
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"
#include "shm/stream/reader.hpp"

namespace shm::programs {

class MarksFollower {
 public:
  /// Called by poll().
  struct Listener {
    std::function<void(const shm::CaptureMark&)> mark;
    std::function<void()> anew;  ///< all marks so far were of an earlier stream: forget them
  };

  /// For this stream of frames. Attaches as soon as there are marks; a stream without marks is no error.
  MarksFollower(const shm::StreamInfo& frames, std::string directory);

  /// Reads all marks that are there, from the oldest on.
  void poll(const Listener& listener = {});

  /// CLOCK_MONOTONIC when the frame was captured, from the last mark at or before it. Empty: no mark covers
  /// it.
  [[nodiscard]] std::optional<std::int64_t> time_of(shm::Index frame, double rate) const;

  [[nodiscard]] bool is_attached() const noexcept { return reader_.has_value(); }
  /// Marks that were overwritten before they could be read.
  [[nodiscard]] std::uint64_t lost() const noexcept {
    return lost_before_ + (reader_ ? reader_->lost_items() : 0);
  }

 private:
  void attach();
  void take(const shm::CaptureMark& mark, const Listener& listener);

  std::string name_;
  std::string directory_;
  std::int64_t created_ns_;  // CLOCK_MONOTONIC when the frames' stream was made
  std::optional<shm::Reader<shm::CaptureMark>> reader_;
  std::vector<shm::CaptureMark> batch_;
  std::deque<shm::CaptureMark> recent_;  // in the order of their indices
  std::optional<shm::CaptureMark> newest_;
  bool again_ = false;    // skipping marks that were seen before the stream of marks was replaced
  bool is_over_ = false;  // newer marks are of a stream that replaced this one
  std::uint64_t lost_before_ = 0;
  std::chrono::steady_clock::time_point tried_{};
};

}  // namespace shm::programs
