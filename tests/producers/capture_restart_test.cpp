// SPDX-License-Identifier: Apache-2.0

// A daemon that was killed, and its successor.
#include <chrono>
#include <csignal>

#include "capture_fixture.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;

class ShmAlsaRestart : public ShmAlsa {
 protected:
  static void kill(Process& daemon) {
    daemon.signal(SIGKILL);
    ASSERT_EQ(daemon.wait().signal, SIGKILL);
  }
};

TEST_F(ShmAlsaRestart, FillsTheGapWithSilenceOfItsLengthForAnAttachedReader) {
  auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(9600);
  kill(*daemon);
  const Index before = frames_->inserted();
  daemon = start_daemon({"--always"});
  await_mark(Kind::gap, Reason::restart);
  let_frames_come(9600);
  EXPECT_GT(frames_->inserted(), before);
  stop(*daemon);
  expect_the_truth();
  const auto captured = pieces();
  ASSERT_EQ(captured.size(), 2U);
  EXPECT_EQ(captured[1].index, before + captured[1].gap_frames) << "indices continue";
}

TEST_F(ShmAlsaRestart, KeepsIndexToTimeAcrossRepeatedKills) {
  for (int round = 0; round < 4; ++round) {
    const auto daemon = start_daemon({"--always"});
    if (round == 0) attach();
    await_frames_after_gaps(round);
    let_frames_come(2400);
    kill(*daemon);
  }
  const auto daemon = start_daemon({"--always"});
  await_frames_after_gaps(4);
  let_frames_come(2400);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaRestart, ServesAReaderThatHadEnteredBefore) {
  auto daemon = start_daemon();
  attach();
  frames_->enter();
  let_frames_come(4800);
  kill(*daemon);
  daemon = start_daemon();
  await_mark(Kind::gap, Reason::restart);
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaRestart, DoesNotFillACrashWithoutReaders) {
  auto daemon = start_daemon();
  attach();
  frames_->enter();
  let_frames_come(4800);
  frames_->exit();
  ASSERT_TRUE(eventually([&] { return truth_of("close").size() == 2; }));
  kill(*daemon);
  daemon = start_daemon();
  ASSERT_TRUE(eventually([&] { return truth_of("open").size() == 3; }));
  frames_->enter();
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
  const auto captured = pieces();
  ASSERT_EQ(captured.size(), 2U);
  EXPECT_EQ(captured[1].preceded_by, Kind::start);
}

TEST_F(ShmAlsaRestart, StartsAnewAfterACrashBeyondTheFillLimit) {
  auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(4800);
  kill(*daemon);
  daemon = start_daemon({"--always", "--fill-limit", "0"});
  await_mark(Kind::start, Reason::restart);
  let_frames_come(2400);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaRestart, RefusesASecondDaemonWithNameAndPid) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(2400);
  const Finished second = run(daemon_arguments({"--always"}), environment());
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("shm-alsa"), std::string::npos) << second.err;
  EXPECT_NE(second.err.find(std::to_string(daemon->pid())), std::string::npos) << second.err;
  let_frames_come(2400);  // the first is not disturbed
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaRestart, LeavesTheStreamForTheNextDaemonIfThereIsNoDevice) {
  auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(4800);
  kill(*daemon);
  const Index before = frames_->inserted();
  card_.fault_unplug(300ms);
  const Finished failed = run(daemon_arguments({"--always"}), environment());
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_EQ(stream_info("mic").items.inserted, before);
  EXPECT_TRUE(eventually([&] {
    daemon = start_daemon({"--always"});
    return eventually([&] { return frames_->inserted() > before || !daemon->running(); }) &&
           daemon->running();
  }));
  await_mark(Kind::gap, Reason::restart);
  stop(*daemon);
  expect_the_truth();
}

}  // namespace
}  // namespace shm::test
