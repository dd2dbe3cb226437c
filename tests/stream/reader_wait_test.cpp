// SPDX-License-Identifier: Apache-2.0

// Waiting for items: deadlines, strategies, and wakes by the writer.
#include <gtest/gtest.h>

#include <thread>

#include "shm/layout/control_layout.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using Clock = std::chrono::steady_clock;

class WaitStrategyTest : public ::testing::TestWithParam<WaitStrategy::Kind> {
 protected:
  [[nodiscard]] static ReaderOptions options() { return {.waiting = {.kind = GetParam()}}; }
  test::TestDirectory directory;
  Writer<int> out{"numbers"};
};

INSTANTIATE_TEST_SUITE_P(All, WaitStrategyTest,
                         ::testing::Values(WaitStrategy::Kind::spin, WaitStrategy::Kind::spin_then_sleep,
                                           WaitStrategy::Kind::sleep));

TEST_P(WaitStrategyTest, AWaitReturnsWhenTheItemIsPublished) {
  Reader<int> reader("numbers", Start::next(), options());
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) out.append(i);
  });
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(reader.next().item, i);
  writer.join();
}

TEST_P(WaitStrategyTest, AWaitTimesOutAtItsDeadlineAndNotBefore) {
  Reader<int> reader("numbers", Start::next(), options());
  const auto deadline = Clock::now() + 20ms;
  EXPECT_EQ(reader.next(Deadline(deadline)).status, Status::timed_out);
  EXPECT_GE(Clock::now(), deadline);
}

TEST_P(WaitStrategyTest, APastDeadlineMeansNow) {
  Reader<int> reader("numbers", Start::next(), options());
  EXPECT_EQ(reader.next(Deadline(Clock::now() - 1s)).status, Status::timed_out);
  EXPECT_EQ(reader.next(-1s).status, Status::timed_out);
  EXPECT_EQ(reader.next(Deadline::now()).status, Status::timed_out);
  out.append(1);
  EXPECT_EQ(reader.next(Deadline::now()).status, Status::ok);
}

TEST_P(WaitStrategyTest, AWaitReportsTheEnd) {
  Reader<int> reader("numbers", Start::next(), options());
  std::thread writer([&] { out.close(); });
  EXPECT_EQ(reader.next().status, Status::ended);
  writer.join();
}

TEST_P(WaitStrategyTest, AWaitOutlastsACrashUntilTheNextWriter) {
  Reader<int> reader("numbers", Start::next(), options());
  out.detach();
  std::thread writer([] {
    Writer<int> second("numbers");
    second.append(7);
    second.detach();
  });
  EXPECT_EQ(reader.next().item, 7);
  writer.join();
}

/// The wake requests and the wakes of sleeping readers, read from the files.
class SleepingReaderTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::uint64_t wake_at() const {
    return test::peek_file<std::uint64_t>(directory.path() / "numbers.control",
                                          offsetof(layout::ControlHeader, wake_at));
  }
  [[nodiscard]] std::uint32_t wakes() const {
    return test::peek_file<std::uint32_t>(
        directory.path() / "numbers.stream",
        layout::live_state_offset + offsetof(layout::LiveState, wake_count));
  }
  void append(int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }
  void expect_to_be_woken_for_the_480th() {
    Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
    std::atomic<bool> back{false};
    Status status = Status::not_yet;
    std::thread sleeper([&] {
      status = reader.wait_for(480);
      back = true;
    });
    ASSERT_TRUE(eventually([&] { return wake_at() == 479; }));
    const std::uint32_t before = wakes();
    append(479);
    EXPECT_EQ(wakes(), before);
    EXPECT_EQ(wake_at(), 479U);
    EXPECT_FALSE(back.load());
    append(1);
    sleeper.join();
    EXPECT_EQ(status, Status::ok);
    EXPECT_EQ(wakes(), before + 1);
    EXPECT_EQ(wake_at(), layout::wake_nobody);
  }

  test::TestDirectory directory;
  Writer<int> out{"numbers"};
};

TEST_F(SleepingReaderTest, IsNotWokenForOneItemOf480) { expect_to_be_woken_for_the_480th(); }

TEST_F(SleepingReaderTest, CausesNoWakeUnlessAReaderAsked) {
  Reader<int> reader("numbers", Start::next());
  const std::uint32_t before = wakes();
  append(1000);
  EXPECT_EQ(wakes(), before);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
}

TEST_F(SleepingReaderTest, DoesNotAskForAWakeWhileItSpins) {
  Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::spin()});
  EXPECT_EQ(reader.next(5ms).status, Status::timed_out);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
}

TEST_F(SleepingReaderTest, DoesNotAskForAWakeWithADeadlineOfNow) {
  Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
  EXPECT_EQ(reader.next(Deadline::now()).status, Status::timed_out);
  EXPECT_EQ(reader.try_next().status, Status::not_yet);
  EXPECT_EQ(reader.peek().status, Status::not_yet);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
}

TEST_F(SleepingReaderTest, CostsOneNeedlessWakeAtMostAfterATimeout) {
  Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
  EXPECT_EQ(reader.next(1ms).status, Status::timed_out);
  const std::uint32_t before = wakes();
  append(1000);
  EXPECT_LE(wakes(), before + 1);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
}

TEST_F(SleepingReaderTest, IsWokenForTheIndexItWantsAmongOthers) {
  std::vector<std::thread> sleepers;
  std::atomic<int> served{0};
  for (const Index wanted : {Index{300}, Index{100}, Index{200}, Index{100}}) {
    sleepers.emplace_back([&served, wanted] {
      Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
      if (reader.wait_for(wanted) == Status::ok && reader.inserted() >= wanted) ++served;
    });
  }
  ASSERT_TRUE(eventually([&] { return out.readers().size() == 4 && wake_at() == 99; }));
  append(300);
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(served.load(), 4);
}

TEST_F(SleepingReaderTest, IsWokenByAWriterThatFencesWithoutMembarrier) {
  out.close();
  ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
  out = Writer<int>("numbers");
  ::unsetenv("LIBSHM_NO_MEMBARRIER");
  EXPECT_TRUE(out.info().writer.fences);
  expect_to_be_woken_for_the_480th();
}

TEST_F(SleepingReaderTest, SeesItemsAndTheEndWithoutAControlFile) {
  std::filesystem::remove(directory.path() / "numbers.control");
  Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
  EXPECT_FALSE(reader.is_listed());
  std::thread writer([&] {
    out.append(5);
    out.close();
  });
  EXPECT_EQ(reader.next().item, 5);
  EXPECT_EQ(reader.next().status, Status::ended);
  writer.join();
}

/// After a lost wake, the round lasts as long as the longest sleep.
TEST_F(SleepingReaderTest, LosesNoWakeInAPingPong) {
  constexpr int rounds = 1000;
  Writer<int> back("back");
  std::thread other([&] {
    Reader<int> in("numbers", Start::oldest(), {.waiting = WaitStrategy::sleep()});
    for (int i = 0; i < rounds; ++i) back.append(in());
  });
  Reader<int> in("back", Start::oldest(), {.waiting = WaitStrategy::sleep()});
  int slow = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    out.append(i);
    ASSERT_EQ(in(), i);
    if (Clock::now() - start > 95ms) ++slow;
  }
  other.join();
  EXPECT_LE(slow, rounds / 100);
}

TEST(DeadlineTest, ADurationCountsFromNow) {
  const auto before = Clock::now();
  const Deadline soon(50ms);
  EXPECT_GE(soon.at(), before + 50ms);
  EXPECT_LE(soon.at(), Clock::now() + 50ms);
  EXPECT_FALSE(soon.is_now());
  EXPECT_FALSE(soon.is_never());
}

TEST(DeadlineTest, ADurationThatDoesNotFitMeansNever) {
  EXPECT_TRUE(Deadline(std::chrono::nanoseconds::max()).is_never());
  EXPECT_TRUE(Deadline(std::chrono::hours(24LL * 365 * 100'000)).is_never());
  EXPECT_TRUE(Deadline(std::chrono::duration<double>(1e300)).is_never());
  EXPECT_FALSE(Deadline::never().passed());
}

TEST(DeadlineTest, APastTimeHasPassed) {
  EXPECT_TRUE(Deadline(-5ms).passed());
  EXPECT_TRUE(Deadline(std::chrono::hours(-24LL * 365 * 100'000)).passed());
  EXPECT_TRUE(Deadline::now().passed());
  EXPECT_TRUE(Deadline(0ms).passed());
}

}  // namespace
}  // namespace shm
