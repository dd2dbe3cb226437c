// SPDX-License-Identifier: Apache-2.0

// Faults of a device, and how the stream records them. After each fault the frames are right at the right
// indices: expect_the_truth() compares every one of them.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "capture_fixture.hpp"
#include "shm/query/ledger.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;

class ShmAlsaFaults : public ShmAlsa {
 protected:
  void capture_through(const std::function<void()>& fault, Reason reason,
                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--always", "-v"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto daemon = start_daemon(arguments);
    attach();
    let_frames_come(9600);
    fault();
    await_mark(Kind::gap, reason);
    let_frames_come(9600);
    stop(*daemon);
    EXPECT_FALSE(HasFailure()) << daemon->err();
    expect_the_truth();
    expect_a_run_for_each_piece();
  }

  /// The frames after a gap begin a new run of the ledger, with the gap's reason.
  void expect_a_run_for_each_piece() {
    const Ledger ledger(*frames_);
    for (const Piece& piece : pieces()) {
      const auto line = ledger.line(piece.index);
      ASSERT_TRUE(line) << piece.index;
      EXPECT_EQ(line->index, piece.index);
      EXPECT_TRUE(line->is_start()) << piece.index;
      EXPECT_EQ(line->reason(), static_cast<std::uint8_t>(piece.reason)) << piece.index;
    }
  }
};

TEST_F(ShmAlsaFaults, FillsAnOverrunWithAGapOfItsLength) {
  capture_through([this] { card_.fault_overrun(5000); }, Reason::overrun);
}

TEST_F(ShmAlsaFaults, FillsAGapAfterItWasNotScheduled) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(4800);
  daemon->signal(SIGSTOP);
  std::this_thread::sleep_for(700ms);  // the fault: longer than the device's buffer of 500 ms
  daemon->signal(SIGCONT);
  await_mark(Kind::gap, Reason::overrun);
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsaFaults, FillsASuspendWithAGapOfItsLength) {
  capture_through([this] { card_.fault_suspend(200ms); }, Reason::suspend);
}

TEST_F(ShmAlsaFaults, RestartsTheDeviceIfItCannotResume) {
  capture_through([this] { card_.fault_suspend(200ms, false); }, Reason::suspend);
}

TEST_F(ShmAlsaFaults, ReopensAnUnpluggedDevice) {
  capture_through([this] { card_.fault_unplug(300ms); }, Reason::unplugged);
  EXPECT_GE(truth_of("open").size(), 3U) << "probe, first, again";
}

TEST_F(ShmAlsaFaults, ReportsAStallAndPlacesItsGapCorrectly) {
  capture_through([this] { card_.fault_stall(400ms); }, Reason::stall);
}

TEST_F(ShmAlsaFaults, KeepsIndexToTimeAcrossManyFaults) {
  const auto daemon = start_daemon({"--always"});
  attach();
  for (int round = 0; round < 3; ++round) {
    let_frames_come(4800);
    card_.fault_overrun(2000);
    ASSERT_TRUE(
        eventually([&] { return truth_of("start").size() >= 2U * static_cast<unsigned>(round) + 2U; }));
    let_frames_come(4800);
    card_.fault_suspend(60ms);
    ASSERT_TRUE(
        eventually([&] { return truth_of("start").size() >= 2U * static_cast<unsigned>(round) + 3U; }));
  }
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
  // Over all six gaps together the index of the last piece agrees with its time: each gap is right to a
  // frame.
  const auto captured = pieces();
  const auto delivered = truth_of("delivered");
  ASSERT_EQ(captured.size(), delivered.size());
  const auto passed =
      delivered.back()["from"].get<std::int64_t>() - delivered.front()["from"].get<std::int64_t>();
  EXPECT_NEAR(static_cast<double>(captured.back().index), static_cast<double>(passed), 6.0);
}

TEST_F(ShmAlsaFaults, ReportsAStall) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(4800);
  card_.fault_stall(500ms);
  await_mark(Kind::gap, Reason::stall);
  EXPECT_NE(daemon->err().find("has delivered nothing for"), std::string::npos);
  EXPECT_NE(daemon->err().find("delivers again"), std::string::npos);
}

TEST_F(ShmAlsaFaults, StartsAnewWithAReasonAfterALossBeyondTheFillLimit) {
  const auto daemon = start_daemon({"--always", "--fill-limit", "0.05"});
  attach();
  let_frames_come(4800);
  card_.fault_overrun(10000);
  await_mark(Kind::start, Reason::overrun);
  let_frames_come(4800);
  stop(*daemon);
  expect_the_truth();
  const auto captured = pieces();
  ASSERT_EQ(captured.size(), 2U);
  EXPECT_EQ(captured[1].index, captured[0].frames.size());
}

TEST_F(ShmAlsaFaults, CanBeStoppedWhileItWaitsForAnUnpluggedDevice) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(4800);
  card_.fault_unplug(60s);
  ASSERT_TRUE(eventually([&] { return daemon->err().find("is gone") != std::string::npos; }));
  stop(*daemon);
  EXPECT_TRUE(std::filesystem::is_empty(streams_.path()));
}

}  // namespace
}  // namespace shm::test
