// SPDX-License-Identifier: Apache-2.0

// The parts of the card that need no ALSA: time, delivery, the shared state, the recording, the
// configuration.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "simulated_card/card_clock.hpp"
#include "simulated_card/card_config.hpp"
#include "simulated_card/card_state.hpp"
#include "simulated_card/card_test_support.hpp"
#include "simulated_card/delivery.hpp"
#include "simulated_card/recording.hpp"

namespace simulated_card {
namespace {

TEST(CardClock, DatesAFrameAtTheFirstNanosecondThatReachesIt) {
  const CardClock clock{123'456'789, 44100};
  for (const std::int64_t frame : {0LL, 1LL, 44099LL, 44100LL, 1'000'000'007LL}) {
    EXPECT_EQ(clock.world_frame_at(clock.time_of(frame)), frame);
    if (frame > 0) {
      EXPECT_EQ(clock.world_frame_at(clock.time_of(frame) - 1), frame - 1);
    }
  }
}

TEST(CardClock, IsExactAfterAYear) {
  const std::int64_t year = 365LL * 86400;
  EXPECT_EQ((CardClock{0, 192000}.world_frame_at(year * kNsPerSecond + kNsPerSecond / 2)),
            year * 192000 + 96000);
}

TEST(Delivery, FollowsTheWorldFromTheStart) {
  const Delivery delivery(1000);
  EXPECT_EQ(delivery.position_at(1000), 0);
  EXPECT_EQ(delivery.position_at(1480), 480);
  EXPECT_EQ(delivery.chunk(10, 20), (WorldRange{1010, 1030}));
}

TEST(Delivery, LosesTheFramesOfAStallAndGoesOn) {
  Delivery delivery(1000);
  EXPECT_EQ(delivery.lose(1480, 2440, 400), (WorldRange{1480, 2440}));
  EXPECT_EQ(delivery.position_at(2000), 480);
  EXPECT_EQ(delivery.position_at(2450), 490);
  EXPECT_EQ(delivery.chunk(470, 20), (WorldRange{1470, 1480}));
  EXPECT_EQ(delivery.chunk(480, 20), (WorldRange{2440, 2460}));
}

TEST(Delivery, NeverTakesBackReportedFrames) {
  Delivery delivery(0);
  EXPECT_EQ(delivery.lose(100, 500, 240), (WorldRange{240, 500}));
}

TEST(Delivery, IgnoresAStallThatWasOverBefore) {
  Delivery delivery(0);
  EXPECT_EQ(delivery.lose(100, 200, 240), std::nullopt);
  EXPECT_EQ(delivery.position_at(300), 300);
}

TEST(Delivery, ProlongsAStallThatGoesOn) {
  Delivery delivery(0);
  ASSERT_TRUE(delivery.lose(100, 500, 0).has_value());
  EXPECT_EQ(delivery.lose(300, 700, 100), (WorldRange{500, 700}));
  EXPECT_EQ(delivery.position_at(710), 110);
  EXPECT_EQ(delivery.chunk(99, 2), (WorldRange{99, 100}));
}

TEST(CardState, HandsOutEachFaultOnceAndInOrder) {
  const TemporaryDirectory directory;
  CardState tester(directory.path());
  CardState card(directory.path());
  tester.request({.kind = FaultKind::stall, .duration_ns = 5});
  tester.request({.kind = FaultKind::overrun, .frames = 7});
  EXPECT_EQ(card.take().value().duration_ns, 5);
  EXPECT_EQ(card.take().value().frames, 7);
  EXPECT_FALSE(card.take().has_value());
}

TEST(CardState, RefusesFaultsBeyondItsCapacity) {
  const TemporaryDirectory directory;
  CardState state(directory.path());
  for (int i = 0; i < 64; ++i) state.request({});
  EXPECT_THROW(state.request({}), std::runtime_error);
}

TEST(CardState, RefusesAFileOfAnotherKind) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "card") << "something else";
  EXPECT_THROW(CardState{directory.path()}, std::runtime_error);
}

TEST(CardLock, IsHeldOnce) {
  const TemporaryDirectory directory;
  {
    const auto first = CardLock::try_lock(directory.path());
    ASSERT_TRUE(first.has_value());
    EXPECT_FALSE(CardLock::try_lock(directory.path()).has_value());
  }
  EXPECT_TRUE(CardLock::try_lock(directory.path()).has_value());
}

TEST(Recording, HoldsTheSamplesExactlyInEveryWiderFormat) {
  const Recording narrow = load_recording(kSpeech, {});
  ASSERT_EQ(narrow.format().format, SND_PCM_FORMAT_S16_LE);
  const Recording s32 = load_recording(kSpeech, {.format = SND_PCM_FORMAT_S32_LE});
  const Recording s24 = load_recording(kSpeech, {.format = SND_PCM_FORMAT_S24_3LE});
  const Recording real = load_recording(kSpeech, {.format = SND_PCM_FORMAT_FLOAT_LE});
  ASSERT_EQ(s32.length(), narrow.length());
  const std::int64_t frames = narrow.length();
  const auto bytes16 = narrow.frames(0, frames);
  const auto bytes24 = s24.frames(0, frames);
  const auto bytes32 = s32.frames(0, frames);
  const auto bytes_real = real.frames(0, frames);
  for (std::size_t i = 0; i < static_cast<std::size_t>(frames); ++i) {
    std::int16_t sample = 0;
    std::int32_t wide = 0;
    float fraction = 0;
    std::memcpy(&sample, &bytes16[2 * i], 2);
    std::memcpy(&wide, &bytes32[4 * i], 4);
    std::memcpy(&fraction, &bytes_real[4 * i], 4);
    ASSERT_EQ(wide, sample * 65536);
    ASSERT_EQ(fraction, static_cast<float>(sample) / 32768.0F);
    ASSERT_EQ(std::memcmp(&bytes24[3 * i + 1], &bytes16[2 * i], 2), 0);
  }
}

TEST(Recording, RepeatsMonoOnEveryChannel) {
  const Recording stereo = load_recording(kSpeech, {.channels = 2});
  const auto frames = stereo.frames(20000, 100);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(std::memcmp(&frames[4 * i], &frames[4 * i + 2], 2), 0);
}

TEST(Recording, RefusesFormatsThatWouldRound) {
  const TemporaryDirectory directory;
  const auto raw = directory.path() / "sound.raw";
  std::ofstream(raw, std::ios::binary) << "abcdef";
  EXPECT_THROW(std::ignore = load_recording(raw, {}), std::invalid_argument);
  EXPECT_EQ(load_recording(raw, {.format = SND_PCM_FORMAT_S24_3LE, .rate = 8000, .channels = 1}).length(), 2);
  EXPECT_THROW(std::ignore = load_recording(kSpeech, {.format = SND_PCM_FORMAT_S8}), std::invalid_argument);
}

TEST(CardConfig, RefusesANameThatWouldChangeTheMeaningOfTheFile) {
  EXPECT_THROW(std::ignore = alsa_config({.name = "sim { }"}), std::invalid_argument);
}

}  // namespace
}  // namespace simulated_card
