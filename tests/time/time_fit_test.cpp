// SPDX-License-Identifier: Apache-2.0
#include "shm/time/time_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace shm {
namespace {

TEST(TimeFit, UsesTheNominalRateBeforeItHasMeasurements) {
  TimeFit fit(48000);
  fit.restart(1000, 5'000'000'000);
  EXPECT_EQ(fit.time_of(1000), 5'000'000'000);
  EXPECT_EQ(fit.time_of(49000), 6'000'000'000);
  EXPECT_EQ(fit.time_of(520), 4'990'000'000);
}

TEST(TimeFit, FollowsADeviceWithAFastCrystal) {
  TimeFit fit(48000);
  const double true_rate = 48000 * (1 + 80e-6);
  fit.restart(0, 0);
  Index index = 0;
  for (int block = 0; block < 6000; ++block) {
    index += 480;
    fit.add(index, std::llround(static_cast<double>(index) * 1e9 / true_rate));
  }
  EXPECT_NEAR(fit.deviation_ppm(), 80, 0.5);
  const double second_ahead = static_cast<double>(index + 48000) * 1e9 / true_rate;
  EXPECT_NEAR(static_cast<double>(fit.time_of(index + 48000)), second_ahead, 2000);
}

TEST(TimeFit, JitterOfTheTimeStampsIsSmoothed) {
  TimeFit fit(48000);
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int64_t> jitter(-1'000'000, 1'000'000);
  fit.restart(0, 0);
  double worst = 0;
  for (Index index = 480; index <= 480 * 3000; index += 480) {
    const double exact = static_cast<double>(index) * 1e9 / 48000;
    fit.add(index, std::llround(exact) + jitter(random));
    if (index > 480 * 2000)
      worst = std::max(worst, std::abs(static_cast<double>(fit.time_of(index)) - exact));
  }
  EXPECT_LT(worst, 200'000);  // of 1 ms
}

TEST(TimeFit, IsExactAfterMonthsOfDrift) {
  TimeFit fit(48000);
  const double true_rate = 48000 * (1 - 100e-6);
  fit.restart(0, 0);
  Index index = 0;
  for (int block = 0; block < 200'000; ++block) {
    index += 48000 * 60;  // a minute each: 138 days
    fit.add(index, std::llround(static_cast<double>(index) / true_rate * 1e9));
  }
  const double exact = static_cast<double>(index) / true_rate * 1e9;
  EXPECT_NEAR(static_cast<double>(fit.time_of(index)), exact, 20'000);
}

TEST(TimeFit, RestartForgetsEarlierMeasurements) {
  TimeFit fit(48000);
  fit.restart(0, 0);
  for (Index index = 480; index < 48000; index += 480)
    fit.add(index, static_cast<std::int64_t>(index) * 30'000);
  fit.restart(96000, 77);
  EXPECT_EQ(fit.time_of(96000), 77);
  EXPECT_EQ(fit.time_of(144000), 1'000'000'077);
}

TEST(TimeFit, FirstMeasurementIsAsUncertainAsItsPrior) {
  TimeFit fit(48000, {.prior_jitter_ns = 2e4, .prior_ppm = 50});
  fit.restart(0, 0);
  EXPECT_NEAR(fit.uncertainty_ns(0), 6e4, 1);
  EXPECT_NEAR(fit.uncertainty_ns(480'000), 3 * std::hypot(2e4, 50e3 * 10), 1);  // ten seconds at 50 ppm
  EXPECT_EQ(fit.rate(), 48000);
}

TEST(TimeFit, UncertaintyIsAtLeastANanosecond) {
  TimeFit fit(1000);
  fit.restart(0, 0);
  for (Index index = 1; index < 200'000; ++index)
    fit.add(index, static_cast<std::int64_t>(index) * 1'000'000);
  EXPECT_GE(fit.uncertainty_ns(200'000), 1);
  EXPECT_LT(fit.uncertainty_ns(200'000), 10);
}

TEST(TimeFit, ReportsRateAndJitter) {
  TimeFit fit(48000);
  std::mt19937 random(1);
  std::normal_distribution<double> jitter(0, 3e4);
  fit.restart(0, 0);
  for (Index index = 480; index < 480 * 5000; index += 480) {
    fit.add(index, std::llround(static_cast<double>(index) * 1e9 / 47990 + jitter(random)));
  }
  EXPECT_NEAR(fit.rate(), 47990, 0.1);
  EXPECT_NEAR(fit.deviation_ppm(), (47990.0 / 48000 - 1) * 1e6, 2);
  EXPECT_NEAR(fit.jitter_ns(), 3e4, 2e3);
  fit.restart(0, 0);
  EXPECT_NEAR(fit.jitter_ns(), 3e4, 2e3) << "is of the device, and stays";
}

// Three standard deviations are 99.7 % of a normal distribution.
TEST(TimeFit, TruthIsWithinTheUncertaintyFromTheFirstMeasurementOn) {
  std::mt19937 random(5);
  std::normal_distribution<double> jitter(0, 1e5);
  std::normal_distribution<double> deviation(0, 100);
  int asked = 0;
  int outside = 0;
  for (int device = 0; device < 200; ++device) {
    TimeFit fit(48000);
    const double ns_per_item = 1e9 / (48000 * (1 + deviation(random) / 1e6));
    fit.restart(0, std::llround(jitter(random)));
    for (Index index = 480; index < 480 * 2000; index += 480) {
      fit.add(index, std::llround(static_cast<double>(index) * ns_per_item + jitter(random)));
      for (const Index at : {index - 480, index, index + 480, index + 48000}) {
        const double off = static_cast<double>(fit.time_of(at)) - static_cast<double>(at) * ns_per_item;
        ++asked;
        outside += static_cast<int>(std::abs(off) > fit.uncertainty_ns(at));
      }
    }
  }
  EXPECT_LT(outside, asked * 3 / 1000) << "of " << asked;
}

TEST(TimeFit, AcceptsAnyNumber) {
  std::mt19937_64 random(9);
  TimeFit fit(1000);
  Index index = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto time = static_cast<std::int64_t>(random()) >> (random() % 64);
    if (i % 10 == 0) {
      fit.restart(index, time);
    } else {
      fit.add(index, time);
    }
    static_cast<void>(fit.time_of(random()));
    EXPECT_GE(fit.uncertainty_ns(random()), 1);
    index += random() >> (20 + random() % 44);
  }
}

}  // namespace
}  // namespace shm
