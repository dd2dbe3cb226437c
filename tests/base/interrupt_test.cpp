// SPDX-License-Identifier: Apache-2.0

// An interrupt ends a wait, from another thread and from a signal handler.
#include <gtest/gtest.h>
#include <sys/time.h>

#include <csignal>
#include <thread>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

Interrupt by_signal;

/// SIGALRM once, after a few milliseconds, while the test waits.
class Alarm {
 public:
  Alarm() {
    struct ::sigaction action {};
    action.sa_handler = [](int) { by_signal.trigger(); };
    action.sa_flags = SA_RESTART;  // the hard case: a system call that is not cut short
    ::sigaction(SIGALRM, &action, &before_);
    const ::itimerval once{{0, 0}, {0, 20'000}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
  }
  ~Alarm() {
    ::sigaction(SIGALRM, &before_, nullptr);
    by_signal.reset();
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  struct ::sigaction before_ {};
};

class InterruptTest : public ::testing::TestWithParam<WaitStrategy::Kind> {
 protected:
  [[nodiscard]] static ReaderOptions options(const Interrupt& interrupt) {
    return {.waiting = {.kind = GetParam()}, .interrupt = &interrupt};
  }
  test::TestDirectory directory;
  Writer<int> out{"numbers"};
};

INSTANTIATE_TEST_SUITE_P(Every, InterruptTest,
                         ::testing::Values(WaitStrategy::Kind::spin, WaitStrategy::Kind::spin_then_sleep,
                                           WaitStrategy::Kind::sleep));

TEST_P(InterruptTest, EndsAWaitFromAnotherThread) {
  Interrupt stop;
  Reader<int> reader("numbers", Start::next(), options(stop));
  std::thread other([&] { stop.trigger(); });
  EXPECT_EQ(reader.next().status, Status::interrupted);
  other.join();
}

TEST_P(InterruptTest, EndsAWaitFromASignalHandler) {
  Reader<int> reader("numbers", Start::next(), options(by_signal));
  const Alarm alarm;
  EXPECT_EQ(reader.next().status, Status::interrupted);
}

TEST_P(InterruptTest, EndsEveryKindOfWait) {
  Interrupt stop;
  stop.trigger();
  Reader<int> reader("numbers", Start::next(), options(stop));
  std::vector<int> room(3);
  EXPECT_EQ(reader.next().status, Status::interrupted);
  EXPECT_EQ(reader.peek(1h).status, Status::interrupted);
  EXPECT_EQ(reader.read(room).status, Status::interrupted);
  EXPECT_EQ(reader.wait_for(1), Status::interrupted);
  EXPECT_THROW(reader(), Interrupted);
  EXPECT_THROW(static_cast<void>(reader.begin()), Interrupted);
}

TEST_P(InterruptTest, StaysTriggeredUntilItIsReset) {
  Interrupt stop;
  Reader<int> reader("numbers", Start::next(), options(stop));
  stop.trigger();
  EXPECT_TRUE(stop.triggered());
  EXPECT_EQ(reader.next().status, Status::interrupted);
  EXPECT_EQ(reader.next().status, Status::interrupted);
  stop.reset();
  EXPECT_FALSE(stop.triggered());
  EXPECT_EQ(reader.next(1ms).status, Status::timed_out);
}

TEST_P(InterruptTest, DoesNotHidePublishedItemsFromTheReader) {
  Interrupt stop;
  Reader<int> reader("numbers", Start::next(), options(stop));
  stop.trigger();
  out.append(3);
  EXPECT_EQ(reader.next().item, 3);
}

TEST_P(InterruptTest, EndsTheWaitsOfItsOwnReaderOnly) {
  Interrupt stop;
  stop.trigger();
  Reader<int> reader("numbers", Start::next(), {.waiting = {.kind = GetParam()}});
  EXPECT_EQ(reader.next(1ms).status, Status::timed_out);
}

TEST(WaitForStream, MissingStreamIsAnErrorAtOnceByDefault) {
  test::TestDirectory directory;
  EXPECT_THROW(Reader<int>("numbers", Start::next()), NotFound);
}

TEST(WaitForStream, WaitForAMissingStreamTimesOut) {
  test::TestDirectory directory;
  EXPECT_THROW(Reader<int>("numbers", Start::next(), {.wait_for_stream = 2ms}), TimedOut);
}

TEST(WaitForStream, WaitEndsWhenTheStreamAppears) {
  test::TestDirectory directory;
  std::thread writer([] {
    Writer<int> out("deep/in/numbers");
    out.append(5);
    out.detach();
  });
  Reader<int> reader("deep/in/numbers", Start::oldest(), {.wait_for_stream = Deadline::never()});
  EXPECT_EQ(reader.next().item, 5);
  writer.join();
}

TEST(WaitForStream, InterruptEndsTheWait) {
  test::TestDirectory directory;
  Interrupt stop;
  std::thread other([&] { stop.trigger(); });
  EXPECT_THROW(
      Reader<int>("numbers", Start::next(), {.wait_for_stream = Deadline::never(), .interrupt = &stop}),
      Interrupted);
  other.join();
}

TEST(WaitForStream, SignalHandlerEndsTheWait) {
  test::TestDirectory directory;
  const Alarm alarm;
  EXPECT_THROW(
      Reader<int>("numbers", Start::next(), {.wait_for_stream = Deadline::never(), .interrupt = &by_signal}),
      Interrupted);
}

}  // namespace
}  // namespace shm
