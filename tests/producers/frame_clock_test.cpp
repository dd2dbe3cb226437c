#include "common/frame_clock.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace shm::producers {
namespace {

TEST(FrameClock, AnswersByTheNominalRateUntilItKnowsBetter) {
  FrameClock clock(48000);
  clock.restart(1000, 5'000'000'000);
  EXPECT_EQ(clock.time_of(1000), 5'000'000'000);
  EXPECT_EQ(clock.time_of(49000), 6'000'000'000);
  EXPECT_EQ(clock.time_of(520), 4'990'000'000);
}

TEST(FrameClock, FollowsADeviceWhoseCrystalIsFast) {
  FrameClock clock(48000);
  const double true_rate = 48000 * (1 + 80e-6);
  clock.restart(0, 0);
  Index index = 0;
  for (int block = 0; block < 6000; ++block) {
    index += 480;
    clock.add(index, std::llround(static_cast<double>(index) * 1e9 / true_rate));
  }
  EXPECT_NEAR(clock.deviation_ppm(), 80, 0.5);
  const double second_ahead = static_cast<double>(index + 48000) * 1e9 / true_rate;
  EXPECT_NEAR(static_cast<double>(clock.time_of(index + 48000)), second_ahead, 2000);
}

TEST(FrameClock, JitterOfTheTimeStampsIsSmoothed) {
  FrameClock clock(48000);
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int64_t> jitter(-1'000'000, 1'000'000);
  clock.restart(0, 0);
  double worst = 0;
  for (Index index = 480; index <= 480 * 3000; index += 480) {
    const double exact = static_cast<double>(index) * 1e9 / 48000;
    clock.add(index, std::llround(exact) + jitter(random));
    if (index > 480 * 2000)
      worst = std::max(worst, std::abs(static_cast<double>(clock.time_of(index)) - exact));
  }
  EXPECT_LT(worst, 200'000);  // of 1 ms
}

TEST(FrameClock, IsExactAfterMonthsOfDrift) {
  FrameClock clock(48000);
  const double true_rate = 48000 * (1 - 100e-6);
  clock.restart(0, 0);
  Index index = 0;
  for (int block = 0; block < 200'000; ++block) {
    index += 48000 * 60;  // a minute each: 138 days
    clock.add(index, std::llround(static_cast<double>(index) / true_rate * 1e9));
  }
  const double exact = static_cast<double>(index) / true_rate * 1e9;
  EXPECT_NEAR(static_cast<double>(clock.time_of(index)), exact, 20'000);
}

TEST(FrameClock, RestartForgetsWhatWasBefore) {
  FrameClock clock(48000);
  clock.restart(0, 0);
  for (Index index = 480; index < 48000; index += 480)
    clock.add(index, static_cast<std::int64_t>(index) * 30'000);
  clock.restart(96000, 77);
  EXPECT_EQ(clock.time_of(96000), 77);
  EXPECT_EQ(clock.time_of(144000), 1'000'000'077);
}

}  // namespace
}  // namespace shm::producers
