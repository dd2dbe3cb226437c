// SPDX-License-Identifier: Apache-2.0
#include "common/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace shm::programs;

TEST(Text, ShowsBytesWithAUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(bytes_text(4'480'000'112), "4.5 GB");
}

TEST(Text, ShowsNumbersWithThreeDigits) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(7), "7");
  EXPECT_EQ(number_text(99.999), "100");
  EXPECT_EQ(number_text(0.5), "0.50");
  EXPECT_EQ(number_text(999.7), "1.00 k");
  EXPECT_EQ(number_text(48000), "48.0 k");
  EXPECT_EQ(number_text(1.25e9), "1.25 G");
  EXPECT_EQ(number_text(1e300), "?");
}

TEST(Text, ShowsDurationsInAFittingUnit) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(20.83e-6), "20.8 us");
  EXPECT_EQ(duration_text(0.9997), "1.00 s");
  EXPECT_EQ(duration_text(90), "1.50 min");
  EXPECT_EQ(duration_text(5400), "1.50 h");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "?");
}

TEST(Text, CountsHoursBeyondADay) {
  EXPECT_EQ(clock_text(0), "00:00:00");
  EXPECT_EQ(clock_text(3661.9), "01:01:01");
  EXPECT_EQ(clock_text(360000), "100:00:00");
}

TEST(Text, ShowsCountsWithThePlural) {
  EXPECT_EQ(count_text(1, "frame"), "1 frame");
  EXPECT_EQ(count_text(0, "frame"), "0 frames");
}

}  // namespace
