// SPDX-License-Identifier: Apache-2.0

// Each fault as a program sees it, and its lines in the truth.
#include <chrono>

#include "simulated_card/card_clock.hpp"
#include "simulated_card/card_test_support.hpp"

namespace simulated_card {
namespace {

using std::chrono::milliseconds;

class SimulatedCardFaults : public SimulatedCardTest {
 protected:
  SimulatedCardFaults() {
    if (capture.open_error == 0 && capture.start() == 0) capture.read(480);
  }

  /// The frames that were read are those that the truth lists as delivered, and no others.
  void expect_exact_delivery() {
    capture.close();
    std::vector<std::byte> expected;
    for (const auto& line : truth_of("delivered")) {
      const std::int64_t from = line["from"];
      const auto frames = recording.frames(from, line["to"].get<std::int64_t>() - from);
      expected.insert(expected.end(), frames.begin(), frames.end());
    }
    EXPECT_EQ(capture.bytes.size(), expected.size());
    EXPECT_EQ(capture.bytes, expected);
  }

  /// Tries again until the card allows it.
  template <typename Call>
  static void succeed(Call call) {
    const std::int64_t limit = monotonic_now() + 20 * kNsPerSecond;
    while (!call()) ASSERT_LT(monotonic_now(), limit);
  }

  Capture capture{card.pcm_name()};
};

TEST_F(SimulatedCardTest, OverrunsIfTheProgramDoesNotReadInTime) {
  Capture capture(card.pcm_name(), 16, 64);
  ASSERT_EQ(capture.start(), 0);
  while (snd_pcm_avail_update(capture.pcm) >= 0) {
  }
  EXPECT_EQ(capture.state(), SND_PCM_STATE_XRUN);
  EXPECT_EQ(capture.read_some(), -EPIPE);
  const auto overrun = truth_of("overrun").at(0);
  EXPECT_EQ(overrun["injected"], false);
  EXPECT_EQ(overrun["from"], truth_of("start").at(0)["world"]);
  EXPECT_GE(overrun["to"].get<std::int64_t>() - overrun["from"].get<std::int64_t>(), 64);
}

TEST_F(SimulatedCardFaults, StaysInAnOverrunUntilPrepareAndStart) {
  card.fault_overrun();
  ASSERT_EQ(capture.read_until_error(), -EPIPE);
  EXPECT_EQ(capture.state(), SND_PCM_STATE_XRUN);
  EXPECT_EQ(capture.read_some(), -EPIPE);
  ASSERT_EQ(snd_pcm_prepare(capture.pcm), 0);
  EXPECT_EQ(capture.read_some(), -EAGAIN);
  EXPECT_EQ(snd_pcm_wait(capture.pcm, 20), 0);
  ASSERT_EQ(snd_pcm_start(capture.pcm), 0);
  ASSERT_EQ(capture.read(480), 0);  // once: the request is not repeated
  const auto overrun = truth_of("overrun").at(0);
  EXPECT_EQ(overrun["injected"], true);
  EXPECT_EQ(overrun["from"], truth_of("delivered").at(0)["to"]);
  EXPECT_LE(overrun["to"], truth_of("start").at(1)["world"]);
  expect_exact_delivery();
}

TEST_F(SimulatedCardFaults, LosesTheRequestedFramesInAnOverrun) {
  card.fault_overrun(4800);
  ASSERT_EQ(capture.read_until_error(), -EPIPE);
  ASSERT_EQ(capture.start(), 0);
  const std::int64_t from = truth_of("overrun").at(0)["from"];
  EXPECT_GE(truth_of("overrun").at(0)["to"].get<std::int64_t>() - from, 4800);
  ASSERT_EQ(capture.read(480), 0);
  expect_exact_delivery();
}

TEST_F(SimulatedCardFaults, SleepsForTheTimeOfASuspend) {
  card.fault_suspend(milliseconds(100));
  ASSERT_EQ(capture.read_until_error(), -ESTRPIPE);
  EXPECT_EQ(capture.state(), SND_PCM_STATE_SUSPENDED);
  EXPECT_EQ(capture.read_some(), -ESTRPIPE);
  const std::int64_t until = truth_of("fault").at(0)["until"];
  // alsa-lib may keep the plugin's -EAGAIN to itself, so the state decides.
  succeed([&] { return snd_pcm_resume(capture.pcm) == 0 && capture.state() != SND_PCM_STATE_SUSPENDED; });
  EXPECT_GE(monotonic_now(), until);
  ASSERT_EQ(capture.start(), 0);
  ASSERT_EQ(capture.read(480), 0);
  EXPECT_EQ(truth_of("delivered").at(0)["cause"], "suspend");
  expect_exact_delivery();
}

TEST_F(SimulatedCardFaults, NeedsPrepareIfItCannotResume) {
  card.fault_suspend(milliseconds(100), false);
  ASSERT_EQ(capture.read_until_error(), -ESTRPIPE);
  snd_pcm_resume(capture.pcm);
  EXPECT_EQ(capture.state(), SND_PCM_STATE_SUSPENDED);
  succeed([&] { return capture.start() == 0; });
  EXPECT_GE(monotonic_now(), truth_of("fault").at(0)["until"].get<std::int64_t>());
  ASSERT_EQ(capture.read(480), 0);
  expect_exact_delivery();
}

TEST_F(SimulatedCardFaults, IsGoneForThisOpenAfterAnUnplug) {
  card.fault_unplug(milliseconds(100));
  ASSERT_EQ(capture.read_until_error(), -ENODEV);
  const std::int64_t until = truth_of("fault").at(0)["until"];
  EXPECT_EQ(capture.state(), SND_PCM_STATE_DISCONNECTED);
  EXPECT_EQ(capture.start(), -ENODEV);
  succeed([&] {
    Capture again(card.pcm_name());
    if (again.open_error == 0) return true;
    EXPECT_EQ(again.open_error, -ENODEV);
    return false;
  });
  EXPECT_GE(monotonic_now(), until);
  EXPECT_EQ(capture.read_some(), -ENODEV);
  expect_exact_delivery();
}

TEST_F(SimulatedCardFaults, WakesAPollWithAnErrorOnUnplug) {
  card.fault_unplug(milliseconds(0));
  pollfd descriptor{};
  ASSERT_EQ(snd_pcm_poll_descriptors(capture.pcm, &descriptor, 1), 1);
  unsigned short revents = 0;
  succeed([&] {
    ::poll(&descriptor, 1, 10'000);
    snd_pcm_poll_descriptors_revents(capture.pcm, &descriptor, 1, &revents);
    return (revents & POLLERR) != 0;
  });
  EXPECT_EQ(capture.state(), SND_PCM_STATE_DISCONNECTED);
}

TEST_F(SimulatedCardFaults, LosesTheFramesOfAStall) {
  const std::int64_t before = card.progress().delivered.to;
  card.fault_stall(milliseconds(150));
  while (truth_of("fault").empty()) {
    if (capture.read_some() == -EAGAIN) snd_pcm_wait(capture.pcm, 1);
  }
  const auto stall = truth_of("fault").at(0);
  const std::int64_t until = stall["until"];
  while (capture.read_some() > 0) {
  }
  const int woken = snd_pcm_wait(capture.pcm, 1);
  const long got = capture.read_some();
  if (monotonic_now() < until) {  // else the test was scheduled too late to see the stall
    EXPECT_EQ(woken, 0);
    EXPECT_EQ(got, -EAGAIN);
  }
  EXPECT_EQ(capture.state(), SND_PCM_STATE_RUNNING);
  ASSERT_EQ(capture.read(480), 0);
  EXPECT_GE(monotonic_now(), until);
  capture.close();
  const auto delivered = truth_of("delivered");
  ASSERT_EQ(delivered.size(), 2U);
  EXPECT_EQ(delivered[0]["cause"], "stall");
  EXPECT_GE(delivered[0]["to"], before);
  EXPECT_EQ(delivered[0]["to"], stall["from"]);
  EXPECT_EQ(delivered[1]["from"], stall["to"]);
  EXPECT_EQ(delivered[0]["run"], delivered[1]["run"]);
  EXPECT_EQ(stall["to"], (CardClock{card.epoch_ns(), 48000}.world_frame_at(until)));
  expect_exact_delivery();
}

TEST_F(SimulatedCardTest, KeepsAnEarlyOverrunForTheFirstRun) {
  card.fault_overrun();
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  EXPECT_EQ(capture.read_until_error(), -EPIPE);
}

TEST_F(SimulatedCardTest, CannotBeOpenedWhileAbsent) {
  card.fault_unplug(std::chrono::hours(1));
  EXPECT_EQ(Capture(card.pcm_name()).open_error, -ENODEV);
  EXPECT_EQ(Capture(card.pcm_name()).open_error, -ENODEV);
}

TEST_F(SimulatedCardTest, ControlProgramRequestsFaultsAndPrintsTheTruth) {
  const std::string state = card.state_path().string();
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, state, "epoch"}).wait(), 1);  // not opened yet
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, state, "fault", "overrun", "--frames", "100"}).wait(), 0);
  EXPECT_EQ(capture.read_until_error(), -EPIPE);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, state, "epoch"}).wait(), 0);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, state, "truth"}).wait(), 0);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, state, "fault", "stall"}).wait(), 2);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, "truth"}).wait(), 2);
  EXPECT_EQ(Child({SIMULATED_CARD_CTL, "/nowhere", "truth"}).wait(), 1);
}

}  // namespace
}  // namespace simulated_card
