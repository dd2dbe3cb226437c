// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/levels.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "audio_stream.hpp"

namespace {

using shm::SampleFormat;
using shm::programs::dbfs;
using shm::programs::Levels;

TEST(Levels, MeasurePeakAndRmsOfASine) {
  Levels levels({SampleFormat::S16_LE, 2, 48000, ""});
  levels.add(shm::test::sine(4800, 2, 0.5, 1000, 48000));
  const auto taken = levels.take();
  ASSERT_EQ(taken.size(), 2U);
  for (const auto& level : taken) {
    EXPECT_NEAR(dbfs(level.peak), -6.02, 0.1);
    EXPECT_NEAR(dbfs(level.rms), -9.03, 0.1);
  }
}

TEST(Levels, MeasureEachChannelAlone) {
  Levels levels({SampleFormat::FLOAT_LE, 2, 48000, ""});
  const std::array<float, 4> frames{0.25F, -0.5F, -0.25F, 0.5F};
  levels.add(std::as_bytes(std::span(frames)));
  const auto taken = levels.take();
  EXPECT_DOUBLE_EQ(taken[0].peak, 0.25);
  EXPECT_DOUBLE_EQ(taken[1].peak, 0.5);
  EXPECT_DOUBLE_EQ(taken[1].rms, 0.5);
}

TEST(Levels, RestartAfterEachTake) {
  Levels levels({SampleFormat::U8, 1, 8000, ""});
  const std::vector<std::byte> loud(10, std::byte{0});
  const std::vector<std::byte> silent(10, std::byte{0x80});
  levels.add(loud);
  EXPECT_DOUBLE_EQ(levels.take()[0].peak, 1.0);
  levels.add(silent);
  EXPECT_EQ(levels.take()[0].peak, 0.0);
  EXPECT_EQ(levels.take()[0].rms, 0.0);
}

TEST(Levels, AreMinusInfinityForSilence) { EXPECT_TRUE(std::isinf(dbfs(0))); }

TEST(Levels, IgnoreASampleThatIsNan) {
  Levels levels({SampleFormat::FLOAT_LE, 1, 8000, ""});
  const std::array<float, 3> frames{0.5F, std::nanf(""), 0.5F};
  levels.add(std::as_bytes(std::span(frames)));
  EXPECT_DOUBLE_EQ(levels.take()[0].peak, 0.5);
}

}  // namespace
