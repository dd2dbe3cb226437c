// SPDX-License-Identifier: Apache-2.0
#include "consumers/meter/bars.hpp"

#include <gtest/gtest.h>

namespace {

using shm::programs::bar_text;

std::string repeat(const std::string& what, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += what;
  return all;
}

TEST(Bars, AreEmptyForSilence) { EXPECT_EQ(bar_text({0, 0}, 0, 10), repeat("·", 10)); }

TEST(Bars, AreFullForFullScale) { EXPECT_EQ(bar_text({1, 1}, 1, 10), repeat("█", 9) + "│"); }

TEST(Bars, AreFilledToTheRmsLighterToThePeakAndMarkedAtTheHeldPeak) {
  // -30 dBFS is the middle of 60 dB; -15 dBFS three quarters.
  EXPECT_EQ(bar_text({0.1778, 0.0316}, 0.5012, 20), repeat("█", 10) + repeat("▒", 5) + "··│··");
}

TEST(Bars, StayInsideTheirWidthWhateverTheLevel) {
  EXPECT_EQ(bar_text({100, 100}, 100, 4), "███│");
  EXPECT_EQ(bar_text({1e-30, 1e-30}, 1e-30, 4), "····");
}

}  // namespace
