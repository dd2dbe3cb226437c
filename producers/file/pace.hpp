// SPDX-License-Identifier: Apache-2.0

// The pace at which a file is played: by the clock, or by the slowest of its readers.
//
//   const std::uint64_t frames = pace.allow(played, most);   // waits until at least one may be published
//   if (frames == 0) return;                                 // stopped
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/daemon.hpp"
#include "shm/stream/raw_writer.hpp"

namespace shm::programs {

class Pace {
 public:
  virtual ~Pace() = default;
  /// Waits until frames may be published, and returns how many: at most `most`, and 0 if stopped meanwhile.
  /// `played`: the number of the next frame in this playing.
  virtual std::uint64_t allow(std::uint64_t played, std::uint64_t most) = 0;
  /// CLOCK_MONOTONIC at which frame number `played` is due.
  [[nodiscard]] virtual std::int64_t time_of(std::uint64_t played) const = 0;
};

/// By the clock: frame k is complete k / rate after the start. Deadlines are absolute, so nothing drifts, and
/// late frames catch up.
class ClockPace : public Pace {
 public:
  ClockPace(double frames_per_second, const StopSignal& stop);
  std::uint64_t allow(std::uint64_t played, std::uint64_t most) override;
  [[nodiscard]] std::int64_t time_of(std::uint64_t played) const override;

 private:
  double rate_;
  const StopSignal& stop_;
  std::chrono::steady_clock::time_point start_;
};

/// As fast as listed readers keep up: no frame that one of them has not read is overwritten. Without such
/// readers, no frame is played.
class ReaderPace : public Pace {
 public:
  /// `names`: of readers (ReaderOptions::name) or of programs; empty: all readers.
  ReaderPace(const RawWriter& writer, std::vector<std::string> names, const StopSignal& stop);
  /// Waits until there are so many of them; false if stopped.
  bool wait_for_readers(std::size_t count);
  std::uint64_t allow(std::uint64_t played, std::uint64_t most) override;
  [[nodiscard]] std::int64_t time_of(std::uint64_t played) const override;

 private:
  [[nodiscard]] std::vector<ReaderInfo> followed() const;

  const RawWriter& writer_;
  std::vector<std::string> names_;
  const StopSignal& stop_;
  std::uint64_t history_;
};

/// How far a writer that stands at `inserted` may go without overwriting an unread frame of one of these
/// cursors: at least `inserted`. REQUIRES: not empty.
[[nodiscard]] Index overtaking_limit(const std::vector<ReaderInfo>& readers, Index inserted,
                                     std::uint64_t history);

}  // namespace shm::programs
