// SPDX-License-Identifier: Apache-2.0

// Waiting for several streams at once: the stream that is returned, and the order among streams.
#include "several_streams.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "shm/base/error.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::expect;
using test::name_of;
using test::Several;
using Clock = std::chrono::steady_clock;

class WaitAnyTest : public ::testing::TestWithParam<WaitStrategy::Kind> {
 protected:
  static AnyResult wait(std::span<const Awaited> streams, Deadline deadline = Deadline::never(),
                        const Interrupt* interrupt = nullptr) {
    return wait_any(streams, deadline, interrupt, {.kind = GetParam()});
  }
};

INSTANTIATE_TEST_SUITE_P(Every, WaitAnyTest,
                         ::testing::Values(WaitStrategy::Kind::spin, WaitStrategy::Kind::spin_then_sleep,
                                           WaitStrategy::Kind::sleep));

TEST_P(WaitAnyTest, ReturnsAtOnceIfItemsAreReadable) {
  Several several(3);
  several.out[1].append(5);
  expect(wait(several.next()), Status::ok, 1);
  expect(wait(several.next(), Deadline::now()), Status::ok, 1);
  EXPECT_EQ(several.in[1].try_next().item, 5);
  expect(wait(several.next(), Deadline::now()), Status::timed_out, 3);
}

TEST_P(WaitAnyTest, ReturnsTheFirstStreamInTheOrderGiven) {
  Several several(4);
  several.out[3].append(1);
  several.out[1].append(1);
  several.out[2].close();
  auto streams = several.next();
  expect(wait(streams), Status::ok, 1);
  std::swap(streams[1], streams[2]);
  expect(wait(streams), Status::ended, 1);
  std::swap(streams[0], streams[3]);
  expect(wait(streams), Status::ok, 0);
}

/// If an earlier stream got its item before a later stream did, then the earlier stream is returned.
TEST_P(WaitAnyTest, ReturnsAnEarlierStreamWhoseItemCameBefore) {
  Several several(3);
  std::atomic<bool> over{false};
  std::thread writer([&] {
    while (!over) {
      several.out[0].append(1);
      several.out[2].append(1);
    }
  });
  for (int round = 0; round < test::turns(3000); ++round) {
    // Each stream gets the same number of items: when stream 2 has the count, stream 0 has it, too.
    const Index count = several.in[2].inserted() + 1;
    const std::array streams{Awaited{&several.in[1].raw(), 1}, Awaited{&several.in[0].raw(), count},
                             Awaited{&several.in[2].raw(), count}};
    const AnyResult result = wait(streams);
    expect(result, Status::ok, 1);
    if (result.which != 1) break;
  }
  over = true;
  writer.join();
}

TEST_P(WaitAnyTest, ReturnsTheStreamThatGetsAnItem) {
  Several several(3);
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      const auto stream = static_cast<std::size_t>(i % 3);
      several.out[stream].append(i);
      // One at a time.
      ASSERT_TRUE(eventually(
          [&] { return several.out[stream].readers()[0].cursor == several.out[stream].inserted(); }));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const AnyResult result = wait(several.next());
    ASSERT_EQ(result.status, Status::ok);
    ASSERT_EQ(result.which, static_cast<std::size_t>(i % 3));
    ASSERT_EQ(several.in[result.which].try_next().item, i);
  }
  writer.join();
}

TEST_P(WaitAnyTest, TimesOutAtItsDeadlineAndNotBefore) {
  Several several(3);
  const auto deadline = Clock::now() + 20ms;
  expect(wait(several.next(), Deadline(deadline)), Status::timed_out, 3);
  EXPECT_GE(Clock::now(), deadline);
  expect(wait(several.next(), -1s), Status::timed_out, 3);
}

TEST_P(WaitAnyTest, IsInterruptedFromAnotherThread) {
  Several several(3);
  Interrupt stop;
  std::thread other([&] { stop.trigger(); });
  expect(wait(several.next(), Deadline::never(), &stop), Status::interrupted, 3);
  other.join();
}

TEST_P(WaitAnyTest, IsInterruptedByAReadersOwnInterrupt) {
  Interrupt own;
  Interrupt not_triggered;
  Several several(2);
  several.open_stream(2, {.interrupt = &own});
  several.open_stream(3, {.interrupt = &own});
  std::thread other([&] { own.trigger(); });
  expect(wait(several.next(), Deadline::never(), &not_triggered), Status::interrupted, 2);
  other.join();
}

TEST_P(WaitAnyTest, PrefersReadableItemsToAnInterrupt) {
  Several several(2);
  Interrupt stop;
  stop.trigger();
  several.out[1].append(1);
  expect(wait(several.next(), Deadline::never(), &stop), Status::ok, 1);
  EXPECT_EQ(several.in[1].next().item, 1);
  expect(wait(several.next(), Deadline::never(), &stop), Status::interrupted, 2);
}

TEST_P(WaitAnyTest, ReportsTheEndOfAStream) {
  Several several(3);
  std::thread writer([&] {
    several.out[1].append(1);
    several.out[1].close();
  });
  expect(wait(several.next()), Status::ok, 1);
  EXPECT_EQ(several.in[1].next().item, 1);
  expect(wait(several.next()), Status::ended, 1);
  writer.join();
}

TEST_P(WaitAnyTest, ReportsALostWriterIfThatIsAnError) {
  Several several(1);
  several.open_stream(1, {});
  several.open_stream(2, {.writer_loss_is_error = true});
  several.out[1].detach();
  std::thread writer([&] { several.out[2].detach(); });
  expect(wait(several.next()), Status::writer_lost, 2);
  writer.join();
}

TEST_P(WaitAnyTest, WaitsThroughACrashForTheNextWriter) {
  Several several(2);
  several.out[1].detach();
  std::thread writer([] {
    Writer<int> second(name_of(1), {.history = 64});
    second.append(7);
    second.detach();
  });
  expect(wait(several.next()), Status::ok, 1);
  EXPECT_EQ(several.in[1].try_next().item, 7);
  writer.join();
}

TEST_P(WaitAnyTest, WaitsForOneStream) {
  Several several(1);
  std::thread writer([&] { several.out[0].append(1); });
  expect(wait(several.next()), Status::ok, 0);
  writer.join();
}

/// The ball goes through three streams there and three streams back. After a lost wake, the round lasts as long as
/// the longest sleep.
TEST_P(WaitAnyTest, LosesNoWakeInAPingPongOnThreeStreams) {
  const int rounds = test::turns(3000);
  constexpr int most_slow = 10;  // the machine may be busy
  Several there(3);
  Several back(3);
  const auto pass = [](Several& from, int expected) {
    const AnyResult any = wait(from.next(), 60s);
    return any.status == Status::ok && any.which == static_cast<std::size_t>(expected * 7 % 3) &&
           from.in[any.which].try_next().item == expected;
  };
  const auto stream = [](int round) { return static_cast<std::size_t>(round * 7 % 3); };
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      if (!pass(there, i)) break;
      back.out[stream(i)].append(i);
    }
  });
  int slow = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    there.out[stream(i)].append(i);
    if (!pass(back, i)) {
      ADD_FAILURE() << "round " << i;
      break;
    }
    if (Clock::now() - start > 95ms) ++slow;
  }
  other.join();
  EXPECT_LE(slow, most_slow);
}

// --- waits that are refused ---

TEST(WaitAnyArgumentsTest, AnEmptyListIsRefused) {
  EXPECT_THROW(static_cast<void>(wait_any({})), InvalidArgument);
  const std::array streams{Awaited{nullptr, 1}};
  EXPECT_THROW(static_cast<void>(wait_any(streams, Deadline::now())), InvalidArgument);
}

TEST(WaitAnyArgumentsTest, ItemsThatCannotFollowAreRefused) {
  Several several(1);
  RawReader& reader = several.in[0].raw();
  EXPECT_EQ(Awaited::next_of(reader, 5).count, 5U);
  reader.seek(UINT64_MAX);
  EXPECT_THROW(static_cast<void>(Awaited::next_of(reader)), BadStream);
  EXPECT_EQ(Awaited::next_of(reader, 0).count, UINT64_MAX);
}

}  // namespace
}  // namespace shm
