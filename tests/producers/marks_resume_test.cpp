// SPDX-License-Identifier: Apache-2.0

// When the next frame was due, by the marks that a dead writer left.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "common/audio_stream.hpp"
#include "shm/stream/reader.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

using Kind = CaptureMark::Kind;
using Reason = CaptureMark::Reason;
constexpr std::int64_t ms = 1'000'000;
const AudioFormat mono{SampleFormat::S16_LE, 1, 48000, "test"};

std::optional<std::int64_t> due(const std::vector<CaptureMark>& marks, Index next) {
  return due_by_marks(marks, next, 48000);
}

TEST(DueByMarks, DatesTheNextFrameByTheLastPublishedBlock) {
  EXPECT_EQ(
      due({{0, 480, 100 * ms, Kind::start, Reason::none}, {480, 480, 110 * ms, Kind::block, Reason::none}},
          960),
      120 * ms);
}

TEST(DueByMarks, DatesTheNextFrameByAMarkWhoseFramesNeverCame) {
  EXPECT_EQ(
      due({{0, 480, 100 * ms, Kind::start, Reason::none}, {480, 480, 110 * ms, Kind::block, Reason::none}},
          480),
      110 * ms);
}

TEST(DueByMarks, ContinuesWithinAGapAfterACrashInside) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none}, {480, 48000, 10 * ms, Kind::gap, Reason::overrun}},
                480 + 4800),
            110 * ms);
}

TEST(DueByMarks, PrefersTheNewerMarkOfTheSameIndex) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none},
                 {480, 480, 11 * ms, Kind::block, Reason::none},    // never came
                 {480, 960, 10 * ms, Kind::gap, Reason::restart}},  // of the next writer
                1440),
            30 * ms);
}

TEST(DueByMarks, IsEmptyAfterAStopOnPurpose) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none}, {480, 0, 10 * ms, Kind::start, Reason::none}}, 480),
            std::nullopt);
}

TEST(DueByMarks, DatesTheNextFrameIfCaptureStartedAgainAfterAStop) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none},
                 {480, 0, 10 * ms, Kind::start, Reason::none},
                 {480, 480, 500 * ms, Kind::start, Reason::none}},
                960),
            510 * ms);
}

TEST(DueByMarks, IsEmptyIfAStartAfterAStopNeverCame) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none},
                 {480, 0, 10 * ms, Kind::start, Reason::none},
                 {480, 480, 500 * ms, Kind::start, Reason::none}},
                480),
            std::nullopt);
}

TEST(DueByMarks, IsEmptyIfTheMarksEndBeforeTheFrames) {
  EXPECT_EQ(due({{0, 480, 0, Kind::start, Reason::none}}, 481), std::nullopt);
  EXPECT_EQ(due({}, 0), std::nullopt);
  EXPECT_EQ(due({{5000, 480, 0, Kind::start, Reason::none}}, 0), std::nullopt);
}

AudioStream::Options small() { return {.history_frames = 4800, .max_claim = 480, .marks_history = 100}; }

TEST(AudioStream, PublishesTheMarkBeforeItsFrames) {
  const test::TestDirectory directory;
  AudioStream out("mic", mono, small());
  Reader<CaptureMark> marks("mic.marks", Start::oldest());
  std::ranges::fill(out.claim(480), std::byte{1});
  out.publish_block({.frames = 480, .time_ns = 5, .is_start = true});
  out.publish_silence(1000, 7, Reason::overrun);  // in steps of 480
  EXPECT_EQ(out.inserted(), 1480U);
  ASSERT_EQ(marks.inserted(), 2U);
  EXPECT_EQ(marks[0].kind, Kind::start);
  EXPECT_EQ(marks[1].kind, Kind::gap);
  EXPECT_EQ(marks[1].index, 480U);
  EXPECT_EQ(marks[1].frames, 1000U);
  RawReader frames("mic", Start::oldest());
  const auto bytes = frames.slice({480, 1480});
  EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; }));
}

TEST(AudioStream, KnowsTheDueTimeOfTheNextFrameAfterACrash) {
  const test::TestDirectory directory;
  test::Process crash([] {
    AudioStream out("mic", mono, small());
    static_cast<void>(out.claim(480));
    out.publish_block({.frames = 480, .time_ns = 100 * ms, .is_start = true});
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(crash.wait().signal, SIGKILL);
  const AudioStream next("mic", mono, small());
  EXPECT_EQ(next.inserted(), 480U);
  EXPECT_EQ(next.due_after_crash(), 110 * ms);
}

TEST(AudioStream, DoesNotFillAGapIfTheFormatChanged) {
  const test::TestDirectory directory;
  test::Process crash([] {
    AudioStream out("mic", mono, small());
    static_cast<void>(out.claim(480));
    out.publish_block({.frames = 480, .time_ns = 100 * ms, .is_start = true});
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(crash.wait().signal, SIGKILL);
  AudioFormat faster = mono;
  faster.rate = 96000;
  EXPECT_EQ(AudioStream("mic", faster, small()).due_after_crash(), std::nullopt);
}

TEST(AudioStream, FailureOfTheMarksLeavesNothingBehind) {
  const test::TestDirectory directory;
  AudioStream::Options options = small();
  options.marks_history = UINT64_MAX / 2;
  options.persistent = true;
  EXPECT_THROW(AudioStream("mic", mono, options), Error);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(AudioStream, FailureOfTheMarksLeavesAnotherWritersStreamAlone) {
  const test::TestDirectory directory;
  test::Process crash([] {
    AudioStream out("mic", mono, small());
    static_cast<void>(out.claim(480));
    out.publish_block({.frames = 480, .time_ns = 100 * ms, .is_start = true});
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(crash.wait().signal, SIGKILL);
  AudioStream::Options options = small();
  options.marks_history = UINT64_MAX / 2;
  EXPECT_THROW(AudioStream("mic", mono, options), Error);
  EXPECT_EQ(AudioStream("mic", mono, small()).inserted(), 480U);
}

}  // namespace
}  // namespace shm::programs
