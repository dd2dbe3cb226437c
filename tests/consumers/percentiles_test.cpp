// SPDX-License-Identifier: Apache-2.0
#include "common/percentiles.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using shm::programs::Percentiles;

TEST(Percentiles, AreEmptyWithoutValues) { EXPECT_FALSE(Percentiles().at(50).has_value()); }

TEST(Percentiles, AreRightToOnePercent) {
  Percentiles percentiles;
  for (int i = 1; i <= 1000; ++i) percentiles.add(i * 0.1);
  EXPECT_NEAR(*percentiles.at(50), 50, 0.5);
  EXPECT_NEAR(*percentiles.at(90), 90, 0.9);
  EXPECT_NEAR(*percentiles.at(99), 99, 1.0);
  EXPECT_EQ(percentiles.count(), 1000U);
}

TEST(Percentiles, AreTheValueIfThereIsOne) {
  Percentiles percentiles;
  percentiles.add(12.5);
  for (const double percent : {0.0, 50.0, 99.0, 100.0}) EXPECT_NEAR(*percentiles.at(percent), 12.5, 0.125);
}

TEST(Percentiles, AcceptAnyDuration) {
  Percentiles percentiles;
  for (const double value : {-5.0, 0.0, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    percentiles.add(value);
  }
  EXPECT_EQ(percentiles.count(), 5U);
  EXPECT_LT(*percentiles.at(50), 0.01);
  EXPECT_GT(*percentiles.at(100), 9e8);
}

}  // namespace
