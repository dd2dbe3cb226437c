// SPDX-License-Identifier: Apache-2.0

// The device is open while a reader wants it.
#include <chrono>

#include "capture_fixture.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;

class ShmAlsaDemand : public ShmAlsa {
 protected:
  [[nodiscard]] std::size_t count(const std::string& event) const { return truth_of(event).size(); }
};

TEST_F(ShmAlsaDemand, OpensTheDeviceOnlyWhileAReaderHasEntered) {
  const auto daemon = start_daemon();
  attach();
  EXPECT_EQ(count("open"), 1U) << "the probe";
  EXPECT_EQ(count("close"), 1U);
  EXPECT_EQ(count("start"), 0U);
  frames_->enter();
  EXPECT_EQ(count("open"), 2U);
  EXPECT_EQ(count("start"), 1U);
  let_frames_come(4800);
  frames_->exit();
  EXPECT_TRUE(eventually([&] { return count("close") == 2; }));
  frames_->enter();
  let_frames_come(4800);
  frames_->exit();
  EXPECT_TRUE(eventually([&] { return count("close") == 3; }));
  stop(*daemon);
  expect_the_truth();
  const auto captured = pieces();
  ASSERT_EQ(captured.size(), 2U);
  EXPECT_EQ(captured[1].preceded_by, Kind::start) << "nobody listened in between: that is no gap";
}

TEST_F(ShmAlsaDemand, KeepsTheDeviceOpenForTheLingerTime) {
  const auto daemon = start_daemon({"--linger", "60000"});
  attach();
  frames_->enter();
  let_frames_come(2400);
  frames_->exit();
  let_frames_come(24000);
  EXPECT_EQ(count("close"), 1U) << "the probe's";
}

TEST_F(ShmAlsaDemand, CountsAKilledReaderAsExited) {
  const auto daemon = start_daemon();
  attach();
  Process reader([] {
    RawReader mine("mic", Start::next());
    mine.enter();
    for (;;) static_cast<void>(mine.wait_for(UINT64_MAX, 1s));
    return 0;
  });
  ASSERT_TRUE(eventually([&] { return count("start") == 1; }));
  reader.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return count("close") == 2; }, 5s));
}

TEST_F(ShmAlsaDemand, ReportsToAnEnteringReaderWhyTheDeviceCannotBeOpened) {
  const auto daemon = start_daemon();
  attach();
  card_.fault_unplug(1s);
  std::string why;
  try {
    frames_->enter();
  } catch (const SourceFailed& error) {
    why = error.what();
  }
  EXPECT_NE(why.find("cannot open capture device 'sim'"), std::string::npos) << why;
  // It can be tried again.
  EXPECT_TRUE(eventually([&] {
    try {
      frames_->enter();
      return true;
    } catch (const SourceFailed&) {
      return false;
    }
  }));
  let_frames_come(2400);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaDemand, KeepsAnEnteredReaderWaitingThroughAnUnplug) {
  const auto daemon = start_daemon();
  attach();
  frames_->enter();
  let_frames_come(4800);
  card_.fault_unplug(300ms);
  await_mark(Kind::gap, Reason::unplugged);
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaDemand, FailsTheReaderIfTheDeviceComesBackDifferent) {
  const auto daemon = start_daemon();
  attach();
  frames_->enter();
  let_frames_come(4800);
  // The same name, but another card behind it.
  simulated_card::CardConfig config;
  config.rate = 44100;
  config.channels = 1;
  config.format = "S16_LE";
  const auto recording = scratch_.path() / "noise.raw";
  card_.fault_unplug(200ms);
  const simulated_card::SimulatedCard other(scratch_.path(), recording, config);
  ASSERT_TRUE(eventually([&] {
    return daemon->err().find("captures at 44100 Hz now, not at 48000 Hz") != std::string::npos;
  })) << daemon->err();
  EXPECT_TRUE(eventually([&] { return !frames_->source_is_started(); }));
  frames_->exit();
  EXPECT_THROW(frames_->enter(), SourceFailed);
  stop(*daemon);
}

}  // namespace
}  // namespace shm::test
