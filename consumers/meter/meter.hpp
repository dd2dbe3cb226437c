// SPDX-License-Identifier: Apache-2.0

// Reads a stream of audio, and shows its levels and the delay from capture to display.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/gap_log.hpp"
#include "common/marks_follower.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/source_entry.hpp"
#include "common/writer_watch.hpp"
#include "consumers/meter/bars.hpp"
#include "consumers/meter/levels.hpp"
#include "consumers/meter/report.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

struct MeterArguments {
  StreamArguments stream;
  double seconds = 0;   // 0: no limit
  double interval = 0;  // 0: 0.05, or 1 for lines of text
  bool json = false;
  bool enter = true;
};

class Meter {
 public:
  /// Attaches and enters the source. @throws shm::Error.
  explicit Meter(const MeterArguments& arguments);

  /// Until the stream ends, the time is over, or the user stops it; then the summary.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool read_until(Clock::time_point time);
  void take(const shm::ReadResult& result);
  void show();
  void show_nothing();
  void present(const Reading& reading);
  void look_around();
  void finish();
  [[nodiscard]] std::optional<double> delay_ms() const;

  MeterArguments arguments_;
  shm::RawReader reader_;
  shm::AudioFormat audio_;
  WriterWatch watch_;
  std::optional<SourceEntry> entry_;
  MarksFollower marks_;
  GapLog gaps_;
  Levels levels_;
  std::vector<std::byte> buffer_;
  std::chrono::nanoseconds interval_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point ends_ = Clock::time_point::max();
  Clock::time_point looked_at_{};
  Clock::time_point read_at_{};        // when frames came last
  shm::Index shown_until_ = 0;         // frames before it were shown
  std::uint64_t lost_ = 0;             // since the last reading
  shm::Index gaps_counted_until_ = 0;  // gaps that begin before it were counted, or ended before the start
  MeterSummary summary_;
  Output out_;
  std::optional<Bars> bars_;
};

}  // namespace shm::programs
