// SPDX-License-Identifier: Apache-2.0

// shm-alsa on a simulated card: all captured frames are compared with the frames that the card delivered.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shm/audio/audio.hpp"
#include "shm/stream/reader.hpp"
#include "simulated_card/simulated_card.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

/// A directory for files that are not streams.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A contiguous piece of the stream between two gaps or starts.
struct Piece {
  Index index = 0;
  std::vector<std::int16_t> frames;
  CaptureMark::Kind preceded_by = CaptureMark::Kind::start;
  CaptureMark::Reason reason = CaptureMark::Reason::none;
  std::uint64_t gap_frames = 0;
};

class ShmAlsa : public ::testing::Test {
 protected:
  using Kind = CaptureMark::Kind;
  using Reason = CaptureMark::Reason;

  ShmAlsa();

  /// shm-alsa "mic" --device sim, with further arguments.
  [[nodiscard]] std::unique_ptr<Process> start_daemon(const std::vector<std::string>& more = {}) const;
  /// What it was started with.
  [[nodiscard]] std::vector<std::string> daemon_arguments(const std::vector<std::string>& more) const;
  [[nodiscard]] std::vector<std::string> environment() const;

  /// Attaches to the stream and its marks, waiting for them; these readers get all frames that are captured
  /// in the test.
  void attach();
  /// Waits until the stream has so many more frames than now.
  void let_frames_come(std::uint64_t count);
  /// Waits until frames of the card, not of a filled gap, follow so many gaps.
  void await_frames_after_gaps(int gaps);
  void await_mark(Kind kind, Reason reason);
  /// SIGTERM; expects a clean end.
  static void stop(Process& daemon);

  [[nodiscard]] std::vector<CaptureMark> all_marks();
  [[nodiscard]] std::vector<Piece> pieces();
  [[nodiscard]] std::vector<nlohmann::ordered_json> truth_of(const std::string& event) const;
  /// Every piece is bit for bit a range that the card delivered, in order. Every gap is as long as the frames
  /// between its neighbours, to one frame: the card's position at two moments is each known to a whole frame.
  void expect_the_truth();

  TestDirectory streams_;
  ScratchDirectory scratch_;
  simulated_card::SimulatedCard card_;
  std::unique_ptr<RawReader> frames_;
  std::unique_ptr<Reader<CaptureMark>> marks_;

 private:
  std::vector<std::int16_t> recording_;
};

}  // namespace shm::test
