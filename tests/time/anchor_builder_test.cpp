// SPDX-License-Identifier: Apache-2.0

// The anchors of exact stamps.
#include "shm/time/anchor_builder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "shm/base/error.hpp"

namespace shm {
namespace {

class AnchorBuilderTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t ms = 1'000'000;
  static constexpr std::int64_t second = 1'000'000'000;
  static constexpr double rate = 48000;
};

TEST_F(AnchorBuilderTest, EventsOfOneAppendHaveTheKeyOfTheAppend) {
  AnchorBuilder stamping({});
  const auto anchor = stamping.stamp(7, 9, 1234, false, 0);
  ASSERT_TRUE(anchor);
  EXPECT_EQ(anchor->index, 7U);
  EXPECT_EQ(anchor->key_at(7), 1234);
  EXPECT_EQ(anchor->key_at(1'000'000), 1234);
  EXPECT_TRUE(anchor->is_start());
  EXPECT_EQ(anchor->uncertainty, 0);
}

TEST_F(AnchorBuilderTest, EventsOfAnotherKeyNeedAnAnchorThatBeginsNoRun) {
  AnchorBuilder stamping({});
  static_cast<void>(stamping.stamp(0, 0, 5, false, 0));
  EXPECT_FALSE(stamping.stamp(1, 1, 5, false, 0));
  const auto anchor = stamping.stamp(2, 2, 1'000'000'000'000, false, 0);
  ASSERT_TRUE(anchor);
  EXPECT_FALSE(anchor->is_start());
}

TEST_F(AnchorBuilderTest, SampledStreamNeedsNoAnchorWhileTheLineHolds) {
  AnchorBuilder stamping({.sample_rate = rate});
  ASSERT_TRUE(stamping.stamp(100, 100, 5 * second, false, 0));
  for (Index i = 100; i < 100'000; i += 480) {
    const auto along = static_cast<std::int64_t>(static_cast<double>(i - 100) * (1e9 / rate));
    EXPECT_FALSE(stamping.stamp(i, i, 5 * second + along, false, 0)) << i;
  }
}

TEST_F(AnchorBuilderTest, StampOfTheLastItemIsTheKeyOfThatItemToTheNanosecond) {
  for (const double any_rate : {44100.0, 48000.0, 3.0, 1e9 / 7, 2.5e9}) {
    AnchorBuilder stamping({.sample_rate = any_rate});
    const auto anchor = stamping.stamp(10, 489, 777'777'777'777'777, false, 0);
    ASSERT_TRUE(anchor);
    EXPECT_EQ(anchor->index, 10U);
    EXPECT_EQ(anchor->key_at(489), 777'777'777'777'777);
  }
}

TEST_F(AnchorBuilderTest, SmallDeviationMovesTheLineAndALargeOneBeginsARun) {
  AnchorBuilder stamping({.sample_rate = 1000});
  static_cast<void>(stamping.stamp(0, 0, 0, false, 3));
  const auto moved = stamping.stamp(1000, 1000, second + ms, false, 3);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->key, second + ms);
  EXPECT_EQ(moved->flags, 0U);
  const auto jumped = stamping.stamp(2000, 2000, 2 * second + 50 * ms, false, 3);
  ASSERT_TRUE(jumped);
  EXPECT_EQ(jumped->flags, Anchor::begins_run | 3U << 8U);
}

TEST_F(AnchorBuilderTest, DiscontinuityBeginsARunEvenWithTheSameKey) {
  AnchorBuilder stamping({.sample_rate = 1000});
  static_cast<void>(stamping.stamp(0, 0, 0, false, 0));
  const auto anchor = stamping.stamp(1000, 1000, second, true, 9);
  ASSERT_TRUE(anchor);
  EXPECT_EQ(anchor->flags, Anchor::begins_run | 9U << 8U);
}

TEST_F(AnchorBuilderTest, KeyThatDecreasesIsLeftToTheCaller) {
  AnchorBuilder stamping({});
  static_cast<void>(stamping.stamp(0, 0, 100, false, 0));
  AnchorBuilder tried = stamping;
  const auto anchor = tried.stamp(1, 1, 99, false, 0);
  ASSERT_TRUE(anchor);
  EXPECT_LT(anchor->key, stamping.due(0));
}

TEST_F(AnchorBuilderTest, FirstStampAfterATakeoverBeginsARun) {
  AnchorBuilder stamping({.sample_rate = 1000});
  stamping.resume({.index = 50, .key = 7, .key_per_item = 1e6}, 60);
  EXPECT_EQ(stamping.due(60), 7 + 10 * ms);
  const auto anchor = stamping.stamp(60, 60, 7 + 10 * ms, false, 1);
  ASSERT_TRUE(anchor);
  EXPECT_TRUE(anchor->is_start());
}

TEST_F(AnchorBuilderTest, AnchorThatReplacesAStartIsAStart) {
  AnchorBuilder stamping({.sample_rate = 1000});
  static_cast<void>(stamping.stamp(0, 0, 0, false, 0));
  static_cast<void>(stamping.stamp(10, 10, 90 * ms, true, 5));  // and then nothing was appended
  const auto again = stamping.stamp(10, 10, 91 * ms, false, 0);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->flags, Anchor::begins_run | 5U << 8U);
  EXPECT_EQ(stamping.due(9), 9 * ms) << "of the line before both";
}

TEST_F(AnchorBuilderTest, ContinuedLineGivesTheSameKeys) {
  AnchorBuilder stamping({.sample_rate = 44100});
  EXPECT_FALSE(stamping.continued(0));
  static_cast<void>(stamping.stamp(0, 0, 3, false, 0));
  const auto line = stamping.continued(441);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->index, 441U);
  EXPECT_EQ(line->flags, 0U);
  for (Index i = 441; i < 441'000; i += 441) EXPECT_EQ(line->key_at(i), stamping.due(i));
}

TEST(AnchorBuilder, RefusesOptionsAndIndicesThatCannotBe) {
  EXPECT_THROW(AnchorBuilder({.fit = true}), InvalidArgument);
  EXPECT_THROW(AnchorBuilder({.sample_rate = -1}), InvalidArgument);
  EXPECT_THROW(AnchorBuilder({.sample_rate = NAN}), InvalidArgument);
  EXPECT_THROW(AnchorBuilder({.sample_rate = 1, .tolerance_ns = -1}), InvalidArgument);
  EXPECT_THROW(AnchorBuilder({.sample_rate = 1, .fit = true, .fitting = {.prior_ppm = 0}}), InvalidArgument);
  AnchorBuilder stamping({});
  EXPECT_FALSE(stamping.due(0));
  EXPECT_THROW(static_cast<void>(stamping.stamp(5, 4, 0, false, 0)), InvalidArgument);
  static_cast<void>(stamping.stamp(5, 5, 0, false, 0));
  EXPECT_THROW(static_cast<void>(stamping.stamp(4, 4, 0, false, 0)), InvalidArgument);
}

TEST(AnchorBuilder, AcceptsAnyNumberAndFittedKeysNeverDecrease) {
  std::mt19937_64 random(3);
  for (const bool fit : {false, true}) {
    AnchorBuilder stamping({.sample_rate = 1000, .fit = fit});
    Index first = 0;
    for (int i = 0; i < 2000; ++i) {
      first += 1 + (random() >> (16 + random() % 48));
      const Index index = first + (random() >> (2 + random() % 62));
      const auto key = static_cast<std::int64_t>(random()) >> (random() % 64);
      const std::int64_t before = stamping.due(first - 1).value_or(INT64_MIN);
      static_cast<void>(stamping.stamp(first, index, key, random() % 8 == 0, 1));
      ASSERT_TRUE(stamping.due(first));
      if (fit) {
        ASSERT_GE(*stamping.due(first), before);
      }
    }
  }
}

}  // namespace
}  // namespace shm
