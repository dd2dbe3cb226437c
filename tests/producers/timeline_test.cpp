// SPDX-License-Identifier: Apache-2.0
#include "common/timeline.hpp"

#include <gtest/gtest.h>

namespace shm::programs {
namespace {

using Reason = Timeline::Reason;
constexpr std::int64_t ms = 1'000'000;

/// 48 frames a millisecond.
Timeline timeline(std::uint64_t longest_gap = UINT64_MAX) {
  return Timeline({.rate = 48000, .tolerance_ns = 10 * ms, .longest_gap = longest_gap});
}

/// One that delivered 480 frames from time 100 ms on: frame 480 is due at 110 ms.
Timeline after_one_block(std::uint64_t longest_gap = UINT64_MAX) {
  Timeline line = timeline(longest_gap);
  static_cast<void>(line.arrive(0, 100 * ms));
  line.took();
  return line;
}

TEST(Timeline, FirstArrivalIsAStart) {
  Timeline line = timeline();
  const auto arrival = line.arrive(7, 100 * ms);
  EXPECT_TRUE(arrival.is_start);
  EXPECT_EQ(arrival.gap_frames, 0U);
  EXPECT_EQ(arrival.time_ns, 100 * ms);
  EXPECT_EQ(arrival.reason, Reason::none);
}

TEST(Timeline, ContinuesWithoutAGapAfterAnArrivalOnTime) {
  Timeline line = after_one_block();
  const auto arrival = line.arrive(480, 110 * ms);
  EXPECT_FALSE(arrival.is_start);
  EXPECT_EQ(arrival.gap_frames, 0U);
  EXPECT_EQ(arrival.time_ns, 110 * ms);
}

TEST(Timeline, FillsTheMissingTimeAfterAnOverrun) {
  Timeline line = after_one_block();
  line.interrupted(Reason::overrun);
  const auto arrival = line.arrive(480, 135 * ms);
  EXPECT_EQ(arrival.gap_frames, 25U * 48U);
  EXPECT_EQ(arrival.gap_time_ns, 110 * ms);
  EXPECT_EQ(arrival.time_ns, 135 * ms);
  EXPECT_EQ(arrival.reason, Reason::overrun);
  EXPECT_FALSE(arrival.is_start);
}

TEST(Timeline, RoundsAGapToTheNearestFrame) {
  for (const auto& [extra_ns, frames] : {std::pair{10'000, 0U}, {11'000, 1U}, {31'000, 1U}, {32'000, 2U}}) {
    Timeline line = after_one_block();
    line.interrupted(Reason::overrun);
    EXPECT_EQ(line.arrive(480, 110 * ms + extra_ns).gap_frames, frames) << extra_ns;
  }
}

TEST(Timeline, FillsNothingIfAnInterruptionLostNothing) {
  Timeline line = after_one_block();
  line.interrupted(Reason::overrun);
  EXPECT_EQ(line.arrive(480, 109 * ms).gap_frames, 0U);
}

TEST(Timeline, CountsAnUnreportedJumpBeyondTheToleranceAsAStall) {
  Timeline line = after_one_block();
  EXPECT_FALSE(line.is_surprising(480, 119 * ms));
  EXPECT_TRUE(line.is_surprising(480, 121 * ms));
  const auto arrival = line.arrive(480, 130 * ms);
  EXPECT_EQ(arrival.gap_frames, 20U * 48U);
  EXPECT_EQ(arrival.reason, Reason::stall);
}

TEST(Timeline, KeepsIndexToTimeAcrossAGap) {
  Timeline line = after_one_block();
  line.interrupted(Reason::suspend);
  const auto gap = line.arrive(480, 1100 * ms);
  line.took();
  const Index next = 480 + gap.gap_frames + 480;
  EXPECT_EQ(next, 48U * 1010U);
  EXPECT_EQ(line.due(next), 1110 * ms);
}

TEST(Timeline, StartsAnewWithAReasonIfAGapIsBeyondTheLimit) {
  Timeline line = after_one_block(48 * 20);
  line.interrupted(Reason::unplugged);
  const auto arrival = line.arrive(480, 131 * ms);
  EXPECT_EQ(arrival.gap_frames, 0U);
  EXPECT_TRUE(arrival.is_start);
  EXPECT_EQ(arrival.reason, Reason::unplugged);
}

TEST(Timeline, FillsAGapOfExactlyTheLimit) {
  Timeline line = after_one_block(48 * 20);
  line.interrupted(Reason::unplugged);
  EXPECT_EQ(line.arrive(480, 130 * ms).gap_frames, 48U * 20U);
}

TEST(Timeline, FillsNothingAfterAStop) {
  Timeline line = after_one_block();
  line.stopped();
  EXPECT_FALSE(line.due(480));
  const auto arrival = line.arrive(480, 9000 * ms);
  EXPECT_EQ(arrival.gap_frames, 0U);
  EXPECT_TRUE(arrival.is_start);
}

TEST(Timeline, FillsUpToTheFirstNewFrameAfterACrash) {
  Timeline line = timeline();
  line.resume(1000, 50 * ms, Reason::restart);
  const auto arrival = line.arrive(1000, 150 * ms);
  EXPECT_EQ(arrival.gap_frames, 4800U);
  EXPECT_EQ(arrival.gap_time_ns, 50 * ms);
  EXPECT_EQ(arrival.reason, Reason::restart);
  EXPECT_FALSE(arrival.is_start);
}

TEST(Timeline, KeepsAStartIfTheReadFailed) {
  Timeline line = timeline();
  EXPECT_TRUE(line.arrive(0, 100 * ms).is_start);  // and then no frames came
  line.interrupted(Reason::overrun);
  EXPECT_TRUE(line.arrive(0, 100 * ms).is_start);
}

TEST(Timeline, KeepsAWeightierReasonThanAStall) {
  Timeline line = after_one_block();
  line.interrupted(Reason::unplugged);
  line.interrupted(Reason::stall);
  EXPECT_EQ(line.arrive(480, 500 * ms).reason, Reason::unplugged);
}

TEST(Timeline, ContinuesLeftoversWhereFramesAreDue) {
  Timeline line = after_one_block();
  const auto leftovers = line.follow_on(480);
  EXPECT_EQ(leftovers.time_ns, 110 * ms);
  EXPECT_FALSE(leftovers.is_start);
  EXPECT_EQ(line.arrive(500, 500 * ms).gap_time_ns, 110 * ms + 20 * 1'000'000'000LL / 48000 + 1);
}

}  // namespace
}  // namespace shm::programs
