// SPDX-License-Identifier: Apache-2.0

// Wait sets: the streams in a result, their statuses and their order.
#include "shm/wait/wait_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "set_of_streams.hpp"
#include "shm/base/error.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::name_of;
using test::Numbers;
using test::SetOf;
using test::Several;
using Clock = std::chrono::steady_clock;
using Id = WaitSet::Id;

TEST(WaitSetTest, ReturnsEveryReadyStreamOnce) {
  Several several(4);
  SetOf all(several);
  several.out[3].append(1);
  several.out[1].append(1);
  several.out[1].append(2);
  several.out[2].close();
  const WaitSet::Result result = all.set.wait();
  EXPECT_EQ(result.status, Status::ok);
  EXPECT_EQ(all.numbers(result), (Numbers{1, 2, 3}));
  EXPECT_EQ(result.ready[0].status, Status::ok);
  EXPECT_EQ(result.ready[1].status, Status::ended);
  EXPECT_EQ(result.ready[2].status, Status::ok);
}

TEST(WaitSetTest, WaitsForItemsAfterTheCursorAtAnyPosition) {
  Several several(2);
  SetOf all(several);
  several.out[0].append(1);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
  EXPECT_EQ(several.in[0].try_next().item, 1);
  EXPECT_EQ(all.look().status, Status::timed_out);
  several.in[0].seek(Start::oldest());
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
}

TEST(WaitSetTest, WaitsForTheWantedNumberOfItemsOfEachStream) {
  Several several(2);
  SetOf all(several, 3);
  several.out[0].append(1);
  several.out[0].append(2);
  EXPECT_EQ(all.look().status, Status::timed_out);
  all.set.want(all.ids[0], 2);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
  all.set.want(all.ids[0], 4);
  all.set.want(all.ids[1], 0);
  EXPECT_EQ(all.numbers(all.look()), Numbers{1});
}

TEST(WaitSetTest, WaitsForTheWantedIndexAtAnyPositionOfTheCursor) {
  Several several(2);
  SetOf all(several);
  all.set.want_index(all.ids[0], 1);
  all.set.want_index(all.ids[1], 0);
  several.out[0].append(1);
  EXPECT_EQ(all.look().status, Status::timed_out);
  several.out[0].append(2);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
  while (several.in[0].try_next()) {
  }
  EXPECT_EQ(all.numbers(all.look()), Numbers{0}) << "the index is still readable";
  all.set.want_index(all.ids[0], 2);
  EXPECT_EQ(all.look().status, Status::timed_out);
  all.set.want(all.ids[0], 0);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0}) << "items after the cursor count again";
  EXPECT_THROW(all.set.want_index(all.ids[0], UINT64_MAX), InvalidArgument);
  EXPECT_THROW(all.set.want_index(Id{99}, 0), InvalidArgument);
}

TEST(WaitSetTest, SleepsUntilTheWantedIndexIsPublished) {
  Several several(2);
  SetOf all(several);
  all.set.want_index(all.ids[1], 99);
  std::thread writing([&] {
    for (int i = 0; i < 200; ++i) several.out[1].append(i);
  });
  const WaitSet::Result result = all.set.wait(Deadline(60s), nullptr, WaitStrategy::sleep());
  EXPECT_EQ(all.numbers(result), Numbers{1});
  EXPECT_GE(several.in[1].inserted(), 100U);
  writing.join();
}

TEST(WaitSetTest, LooksAtAddedStreamsAndNotAtRemovedOnes) {
  Several several(3);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  all.set.remove(all.ids[1]);
  EXPECT_EQ(all.set.size(), 2U);
  EXPECT_EQ(all.numbers(all.look()), (Numbers{0, 2}));
  all.ids[1] = all.set.add(several.in[1].raw());
  EXPECT_NE(all.ids[1], Id{1});
  Numbers numbers = all.numbers(all.look());
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers, (Numbers{0, 1, 2}));
}

TEST(WaitSetTest, TakesAStreamMoreThanOnce) {
  Several several(1);
  Reader<int> other = several.in[0].fork();
  WaitSet set;
  const Id one = set.add(several.in[0].raw(), 2);
  const Id two = set.add(other.raw(), 1);
  several.out[0].append(1);
  ASSERT_EQ(set.wait().ready.size(), 1U);
  EXPECT_EQ(set.wait().ready[0].id, two);
  several.out[0].append(2);
  EXPECT_EQ(set.wait().ready.size(), 2U);
  EXPECT_EQ(&set.reader(one), &several.in[0].raw());
}

TEST(WaitSetTest, BeginsWithTheStreamAfterTheFirstOfThePreviousResult) {
  Several several(4);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{1, 2, 3, 0}));
  all.set.remove(all.ids[2]);
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{3, 0, 1}));
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{0, 1, 3}));
}

/// Streams that are never silent do not starve the others, even if the program handles only the first of each result.
TEST(WaitSetTest, StarvesNoStream) {
  constexpr std::size_t streams = 50;
  Several several(streams);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  std::map<std::size_t, int> handled;
  for (std::size_t i = 0; i < 10 * streams; ++i) {
    const std::size_t first = all.numbers(all.set.wait()).front();
    ++handled[first];
    several.in[first].seek(Start::newest());  // the next item is there at once
  }
  EXPECT_EQ(handled.size(), streams);
  for (const auto& [stream, times] : handled) EXPECT_EQ(times, 10) << stream;
}

TEST(WaitSetTest, TimesOutAtItsDeadlineAndNotBefore) {
  Several several(3);
  SetOf all(several);
  for (const WaitStrategy& waiting : {WaitStrategy::spin(), WaitStrategy{}, WaitStrategy::sleep()}) {
    const auto deadline = Clock::now() + 10ms;
    const WaitSet::Result result = all.set.wait(Deadline(deadline), nullptr, waiting);
    EXPECT_EQ(result.status, Status::timed_out);
    EXPECT_TRUE(result.ready.empty());
    EXPECT_GE(Clock::now(), deadline);
  }
}

TEST(WaitSetTest, PrefersReadableItemsToAnInterrupt) {
  Several several(2);
  SetOf all(several);
  Interrupt stop;
  stop.trigger();
  several.out[1].append(1);
  EXPECT_EQ(all.numbers(all.set.wait(60s, &stop)), Numbers{1});
  EXPECT_EQ(several.in[1].next().item, 1);
  EXPECT_EQ(all.set.wait(60s, &stop).status, Status::interrupted);
}

TEST(WaitSetTest, ReportsWhichReadersOwnInterruptWasTriggered) {
  Interrupt own;
  Several several(1);
  several.open_stream(1, {.interrupt = &own});
  SetOf all(several);
  std::thread other([&] { own.trigger(); });
  const WaitSet::Result result = all.sleep();
  other.join();
  EXPECT_EQ(result.status, Status::ok);
  ASSERT_EQ(all.numbers(result), Numbers{1});
  EXPECT_EQ(result.ready[0].status, Status::interrupted);
}

TEST(WaitSetTest, ReportsALostWriterIfThatIsAnError) {
  Several several(1);
  several.open_stream(1, {});
  several.open_stream(2, {.writer_loss_is_error = true});
  SetOf all(several);
  several.out[1].detach();
  several.out[2].detach();
  for (int i = 0; i < 2; ++i) {
    const WaitSet::Result result = all.sleep();
    ASSERT_EQ(all.numbers(result), Numbers{2});
    EXPECT_EQ(result.ready[0].status, Status::writer_lost);
  }
  EXPECT_EQ(all.numbers(all.look()), Numbers{2});  // a look returns it too
  Writer<int> next(name_of(2), {.history = 64});
  EXPECT_EQ(all.look().status, Status::timed_out);
  next.append(7);
  EXPECT_EQ(all.numbers(all.sleep()), Numbers{2});
  next.detach();
}

TEST(WaitSetTest, KeepsItsStreamsWhenMoved) {
  Several several(2);
  SetOf all(several);
  WaitSet moved = std::move(all.set);
  several.out[1].append(1);
  EXPECT_EQ(moved.wait().ready[0].id, all.ids[1]);
}

TEST(WaitSetTest, RefusesImpossibleRequests) {
  WaitSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_THROW(static_cast<void>(set.wait(1ms)), InvalidArgument);
  EXPECT_THROW(set.remove(Id{0}), InvalidArgument);
  EXPECT_THROW(set.want(Id{7}, 1), InvalidArgument);
  Several several(1);
  const Id id = set.add(several.in[0].raw());
  several.in[0].raw().seek(UINT64_MAX);
  EXPECT_THROW(static_cast<void>(set.wait(1ms)), BadStream);
  set.remove(id);
  EXPECT_THROW(static_cast<void>(set.reader(id)), InvalidArgument);
}

}  // namespace
}  // namespace shm
