// SPDX-License-Identifier: Apache-2.0

// The anchors of measured stamps, from a simulated device: no clock, no sleep.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "shm/time/anchor_builder.hpp"

namespace shm {
namespace {

/// A device, its clock, and a ledger of the anchors that were published for them.
class AnchorBuilderFit : public ::testing::Test {
 protected:
  static constexpr std::int64_t second = 1'000'000'000;
  static constexpr double rate = 48000;
  static constexpr Index block = 480;
  using Jitter = std::function<double()>;

  /// What the clock showed when item `index` was captured; fast and slow by `ppm`.
  double truth(Index index) const {
    return time_ + static_cast<double>(index - from_) * 1e9 / (rate * (1 + ppm_ / 1e6));
  }
  void turn(double ppm, double jump_ns = 0) {
    time_ = truth(next_) + jump_ns;
    from_ = next_;
    ppm_ = ppm;
  }

  void run(int blocks, const Jitter& jitter, bool discontinuity = false) {
    for (int i = 0; i < blocks; ++i) {
      const auto key = std::llround(truth(next_) + jitter());
      const auto anchor = stamping_.stamp(next_, next_, key, discontinuity && i == 0, 1);
      if (anchor) anchors_.push_back(*anchor);
      for (const Index at : {next_, next_ + 1, next_ + block / 2, next_ + block - 1}) {
        said_.push_back({at, anchors_.back().key_at(at), truth(at) + bias_, anchors_.back().uncertainty});
      }
      next_ += block;
    }
  }
  std::function<double()> gaussian(double ns) {
    return [this, shape = std::normal_distribution<double>(0, ns)]() mutable { return shape(random_); };
  }
  /// Late only: a part that all measurements share, as bias_, and the rest.
  std::function<double()> one_sided(double mean_ns) {
    bias_ = mean_ns;
    return [this, shape = std::exponential_distribution<double>(1 / mean_ns)]() mutable {
      return shape(random_);
    };
  }

  std::int64_t published(Index index) const {
    const auto after = std::upper_bound(anchors_.begin(), anchors_.end(), index,
                                        [](Index i, const Anchor& anchor) { return i < anchor.index; });
    return std::prev(after)->key_at(index);
  }
  /// Share of items, from the given one on, whose key is further off than their uncertainty.
  double share_outside(std::size_t from = 0) const {
    std::size_t outside = 0;
    for (std::size_t i = from; i < said_.size(); ++i) {
      if (std::abs(static_cast<double>(said_[i].key) - said_[i].truth) > said_[i].uncertainty) ++outside;
    }
    return static_cast<double>(outside) / static_cast<double>(said_.size() - from);
  }
  double worst(std::size_t from = 0) const {
    double worst = 0;
    for (std::size_t i = from; i < said_.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(said_[i].key) - said_[i].truth));
    }
    return worst;
  }
  double anchors_per_second() const {
    return static_cast<double>(anchors_.size()) / (static_cast<double>(next_) / rate);
  }
  std::size_t runs() const {
    return static_cast<std::size_t>(
        std::count_if(anchors_.begin(), anchors_.end(), [](const Anchor& a) { return a.is_start(); }));
  }
  /// Invariants of all runs.
  void TearDown() override {
    for (std::size_t i = 0; i < said_.size(); ++i) {
      ASSERT_EQ(published(said_[i].index), said_[i].key) << "changed after it was published: " << i;
      if (i > 0) {
        ASSERT_GT(said_[i].key, said_[i - 1].key) << i;
      }
    }
    RecordProperty("anchors_per_second", std::to_string(anchors_per_second()));
    RecordProperty("share_outside", std::to_string(share_outside()));
    RecordProperty("worst_ns", std::to_string(worst()));
    RecordProperty("end_uncertainty_ns", std::to_string(anchors_.back().uncertainty));
  }

  struct Said {
    Index index;
    std::int64_t key;
    double truth;
    double uncertainty;
  };
  AnchorBuilder stamping_{{.sample_rate = rate, .fit = true}};
  std::vector<Anchor> anchors_;
  std::vector<Said> said_;
  std::mt19937 random_{20261121};
  Index next_ = 0;
  Index from_ = 0;
  double time_ = 1e15;
  double ppm_ = 0;
  double bias_ = 0;
};

class AnchorBuilderFitAtARate : public AnchorBuilderFit, public ::testing::WithParamInterface<double> {};

TEST_P(AnchorBuilderFitAtARate, KeysAreWithinTheirUncertaintyAndAnchorsAreFew) {
  turn(GetParam());
  run(60'000, gaussian(1e5));
  EXPECT_LT(share_outside(), 0.001);
  EXPECT_EQ(runs(), 1U);
  EXPECT_LT(anchors_per_second(), 1);
  EXPECT_NEAR(stamping_.rate(), rate * (1 + GetParam() / 1e6), rate * 3e-6);
  EXPECT_LT(anchors_.back().uncertainty, 50'000);
}
INSTANTIATE_TEST_SUITE_P(Rates, AnchorBuilderFitAtARate, ::testing::Values(-200.0, -20.0, 0.0, 50.0, 200.0));

TEST_F(AnchorBuilderFit, KeysAreTrueWithTenTimesAndAHundredthOfTheExpectedJitter) {
  turn(80);
  run(30'000, gaussian(1e6));
  EXPECT_LT(share_outside(), 0.005);
  EXPECT_EQ(runs(), 1U);
  const std::size_t from = said_.size();
  turn(80);
  run(30'000, gaussian(1e3), true);
  EXPECT_LT(share_outside(from), 0.001);
  EXPECT_LT(anchors_.back().uncertainty, 1500);
  EXPECT_LT(anchors_per_second(), 1);
}

TEST_F(AnchorBuilderFit, KeysAreTrueWithoutJitter) {
  turn(-150);
  run(6000, [] { return 0.0; });
  EXPECT_EQ(share_outside(), 0);
  EXPECT_LT(worst(said_.size() / 2), 200);
  EXPECT_LT(anchors_per_second(), 2);
}

TEST_F(AnchorBuilderFit, OneSidedJitterIsACommonDelayAndTheRest) {
  turn(30);
  run(60'000, one_sided(2e5));
  EXPECT_LT(share_outside(), 0.002);
  EXPECT_EQ(runs(), 1U);
  EXPECT_LT(anchors_per_second(), 1);
}

TEST_F(AnchorBuilderFit, RateThatChangesSlowlyIsFollowed) {
  for (int minute = 0; minute < 10; ++minute) {
    for (int second_ = 0; second_ < 60; ++second_) {  // 5 ppm up and down in ten minutes
      turn(100 + 5 * std::sin((minute * 60 + second_) * 2 * M_PI / 600));
      run(100, gaussian(2e4));
    }
  }
  EXPECT_LT(share_outside(), 0.002);
  EXPECT_EQ(runs(), 1U);
  EXPECT_LT(anchors_per_second(), 1);
}

TEST_F(AnchorBuilderFit, GapBeginsARunThatIsTrueAtOnce) {
  turn(60);
  run(3000, gaussian(3e4));
  for (const double lost : {5e6, 2e7, 3e9, 1e12}) {
    const std::size_t from = said_.size();
    turn(60, lost);
    run(1, gaussian(3e4), true);
    EXPECT_LT(worst(from), 1.5e5) << "at once";
    EXPECT_EQ(anchors_.back().flags, Anchor::begins_run | 1U << 8U);
    run(2000, gaussian(3e4));
    EXPECT_LT(share_outside(from), 0.001);
  }
  EXPECT_EQ(runs(), 5U);
}

TEST_F(AnchorBuilderFit, JumpBeyondTheToleranceBeginsARunAndASmallerOneDoesNot) {
  run(1000, gaussian(1e4));
  turn(0, 9e6);
  run(300, gaussian(1e4));
  EXPECT_EQ(runs(), 1U);
  turn(0, 30e6);
  run(1, gaussian(1e4));
  EXPECT_EQ(runs(), 2U);
}

TEST_F(AnchorBuilderFit, ClockThatStepsForwardIsFollowedAtOnce) {
  run(1000, gaussian(1e5));
  const std::size_t from = said_.size();
  turn(0, 3600e9);
  run(1000, gaussian(1e5));
  EXPECT_EQ(runs(), 2U);
  EXPECT_LT(worst(from), 6e5);
  EXPECT_LT(share_outside(from), 0.001);
}

TEST_F(AnchorBuilderFit, ClockThatStepsBackIsMetAtHalfThePaceWithinTheUncertainty) {
  run(1000, gaussian(1e5));
  const std::size_t from = said_.size();
  turn(0, -5e9);
  run(1, gaussian(1e5));
  EXPECT_NEAR(anchors_.back().uncertainty, 5e9, 2e7);
  run(1700, gaussian(1e5));  // seventeen seconds
  EXPECT_EQ(runs(), 2U);
  EXPECT_EQ(share_outside(from), 0);
  const std::size_t met = said_.size();
  run(1000, gaussian(1e5));
  EXPECT_LT(worst(met), 3e5);
  EXPECT_LT(anchors_.back().uncertainty, 2e5);
  EXPECT_LT(anchors_per_second(), 2);
}

TEST_F(AnchorBuilderFit, RestartedWriterBeginsANewRun) {
  turn(90);
  run(2000, gaussian(5e4));
  for (const double away : {0.0, 0.2e9, 100e9, -20e6}) {
    AnchorBuilder after({.sample_rate = rate, .fit = true});
    after.resume(anchors_.back(), next_);
    EXPECT_EQ(after.due(next_), anchors_.back().key_at(next_));
    EXPECT_EQ(after.predicted(next_), after.due(next_));
    stamping_ = after;
    const std::size_t from = said_.size();
    turn(90, away);
    run(2000, gaussian(5e4));
    EXPECT_LT(share_outside(from), 0.001) << away;
  }
  EXPECT_EQ(runs(), 5U);
}

TEST_F(AnchorBuilderFit, AnchorsOfARunKeepTheirLeastDistance) {
  stamping_ = AnchorBuilder({.sample_rate = rate, .fit = true, .min_items_between = 200 * block});
  turn(150);
  run(6000, gaussian(1e5));
  for (std::size_t i = 1; i < anchors_.size(); ++i) {
    EXPECT_GE(anchors_[i].index - anchors_[i - 1].index, 200 * block);
  }
}

TEST_F(AnchorBuilderFit, StampOfTheLastItemFollowsTheLine) {
  static_cast<void>(stamping_.stamp(0, block - 1, second, false, 0));
  EXPECT_NEAR(static_cast<double>(*stamping_.due(block - 1)), 1e9, 2);
  anchors_.push_back(*stamping_.continued(0));
}

}  // namespace
}  // namespace shm
