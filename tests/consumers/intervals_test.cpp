// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/intervals.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace {

using shm::programs::Intervals;

TEST(Intervals, AreEmptyWithoutValues) {
  const Intervals none;
  EXPECT_FALSE(none.at(50).has_value());
  EXPECT_EQ(intervals_text(none), "none");
  const auto json = intervals_json(none);
  EXPECT_EQ(json["count"], 0);
  EXPECT_TRUE(json["min"].is_null());
  EXPECT_TRUE(json["p99_9"].is_null());
}

TEST(Intervals, AreRightToAThousandth) {
  Intervals intervals;
  for (int i = 1; i <= 1000; ++i) intervals.add(i * 1000);
  EXPECT_NEAR(*intervals.at(50), 500e3, 600);
  EXPECT_NEAR(*intervals.at(99.9), 999e3, 1100);
  EXPECT_EQ(intervals.least(), 1000);
  EXPECT_EQ(intervals.most(), 1'000'000);
  EXPECT_EQ(intervals.at(100), 1e6);  // never beyond what there is
}

TEST(Intervals, AreTheValueIfAllAreEqual) {
  Intervals intervals;
  for (int i = 0; i < 10; ++i) intervals.add(20'833);
  EXPECT_EQ(intervals.at(50), 20'833);
  EXPECT_EQ(intervals_text(intervals),
            "min 20.8 us  p50 20.8 us  p90 20.8 us  p99 20.8 us  p99.9 20.8 us  max 20.8 us");
}

TEST(Intervals, CountZerosInTheirShare) {
  Intervals intervals;
  for (int i = 0; i < 90; ++i) intervals.add(0);
  for (int i = 0; i < 10; ++i) intervals.add(10'000'000);
  EXPECT_EQ(intervals.at(90), 0);
  EXPECT_EQ(intervals.at(91), 1e7);
  EXPECT_EQ(intervals.count(), 100U);
}

TEST(Intervals, AcceptTheLargestNumber) {
  Intervals intervals;
  intervals.add(INT64_MAX);
  EXPECT_EQ(intervals_json(intervals)["max"], INT64_MAX);
  EXPECT_GT(intervals_json(intervals)["p50"].get<std::int64_t>(), 0);
}

}  // namespace
