// SPDX-License-Identifier: Apache-2.0

// How fast a file is played: by the clock, or by the slowest of the readers it is played to.
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
  /// The next frame is `played`-th of this playing. Waits until frames may be published, and gives how many,
  /// at most `most`; 0 if stopped meanwhile.
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

/// As fast as listed readers keep up: nothing that one of them has not read is overwritten. While none of
/// them is there, nothing is played.
class ReaderPace : public Pace {
 public:
  /// `names`: of readers (ReaderOptions::name) or of programs; empty: all readers.
  ReaderPace(const RawWriter& writer, std::vector<std::string> names, const StopSignal& stop);
  /// Waits for so many of them; false if stopped.
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

/// How far a writer that stands at `inserted` may go without overwriting what one of these cursors has not
/// read: at least `inserted`. REQUIRES: not empty.
[[nodiscard]] Index overtaking_limit(const std::vector<ReaderInfo>& readers, Index inserted,
                                     std::uint64_t history);

}  // namespace shm::programs
