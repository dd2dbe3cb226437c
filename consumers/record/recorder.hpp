// SPDX-License-Identifier: Apache-2.0

// Records a stream of audio into a file until it ends, a limit is reached, or the user stops it; goes on
// across the crash and restart of the producer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/marks_follower.hpp"
#include "common/options.hpp"
#include "common/source_entry.hpp"
#include "common/terminal.hpp"
#include "common/writer_watch.hpp"
#include "consumers/record/recording_file.hpp"
#include "consumers/record/summary.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

struct RecordArguments {
  StreamArguments stream;
  std::string file;
  std::string from = "next";
  double seconds = 0;        // 0: no limit
  std::uint64_t frames = 0;  // 0: no limit
  bool overwrite = false;
  bool fill = true;  // silence for lost frames
  bool enter = true;
  bool json = false;  // the summary on stdout
};

class Recorder {
 public:
  /// Attaches, makes the file, and enters the source. @throws shm::Error, FileError, UsageError.
  explicit Recorder(const RecordArguments& arguments);

  /// Records to the end. Problems on the way are in the summary.
  RecordingSummary run();

 private:
  using Clock = std::chrono::steady_clock;

  void start_at(const StartPosition& start);
  void record();
  void read_once();
  void write(std::span<const std::byte> frames);
  void begin_at(shm::Index first);
  void take_loss();
  void look_around();
  bool follow_replacement();
  void end_with_stream();
  void follow_marks();
  void end(EndReason reason, std::string detail = {});
  void show_progress();
  [[nodiscard]] std::uint64_t left() const;

  RecordArguments arguments_;
  std::unique_ptr<shm::RawReader> reader_;  // and what refers to it
  std::unique_ptr<WriterWatch> watch_;
  std::unique_ptr<SourceEntry> entry_;
  shm::StreamInfo stream_;  // as it was when attaching
  shm::AudioFormat audio_;
  bool from_oldest_ = false;
  std::uint64_t limit_ = UINT64_MAX;  // frames in the file
  std::uint64_t chunk_ = 1;           // frames to wait for
  std::vector<std::byte> buffer_;
  std::unique_ptr<RecordingFile> file_;
  MarksFollower marks_;
  GapLog gaps_;
  std::vector<shm::CaptureMark> starts_;
  RecordingSummary summary_;
  bool has_seen_marks_ = false;
  bool done_ = false;
  std::optional<shm::Index> stop_at_;  // after a stop signal: frames published before it are still recorded
  StatusLine line_;
  Clock::time_point shown_{};
  Clock::time_point looked_{};
  double peak_ = 0;
};

}  // namespace shm::programs
