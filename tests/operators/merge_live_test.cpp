// SPDX-License-Identifier: Apache-2.0

// Merging while the streams grow: who holds back, and what is late.
#include <gtest/gtest.h>

#include <thread>

#include "merge_support.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

class MergeLive : public test::MergeWithClock {
 protected:
  /// What can be had without waiting, as "stream:key", with an L if it is late; then why there is no more.
  static std::string all(Merge<>& merge) {
    std::string text;
    for (;;) {
      const auto next = merge.try_next();
      if (!next) return text + std::string(to_string(next.status));
      text += std::to_string(next->stream) + ":" + std::to_string(next->key) + (next->is_late ? "L " : " ");
    }
  }
};

TEST_F(MergeLive, StreamOfWhichNothingWasSeenHoldsEverythingBack) {
  open_all(2);
  Merge<> merge;
  add_all(merge);
  append(0, 1);
  EXPECT_EQ(all(merge), "no data yet");
  append(1, 5);
  EXPECT_EQ(all(merge), "0:1 no data yet");
}

TEST_F(MergeLive, ItemIsHandedOutWhenNoStreamCanGiveAnEarlierOne) {
  open_all(3);
  Merge<> merge;
  add_all(merge);
  append(0, 10);
  append(1, 20);
  append(2, 5);
  EXPECT_EQ(all(merge), "2:5 no data yet");  // of 2 what comes is at or after 5
  append(2, 10);
  EXPECT_EQ(all(merge), "0:10 no data yet");  // an item of 0 may be at 10 again, and before that of 2
  append(0, 15);
  EXPECT_EQ(all(merge), "2:10 no data yet");
  append(2, 15);
  EXPECT_EQ(all(merge), "0:15 no data yet");
}

TEST_F(MergeLive, EqualKeyIsHeldBackByThoseThatWereAddedBeforeAlone) {
  open_all(2);
  Merge<> merge;
  add_all(merge);
  append(0, 7);
  append(1, 7);
  EXPECT_EQ(all(merge), "0:7 no data yet");
  append(0, 7);
  EXPECT_EQ(all(merge), "0:7 no data yet");
  append(0, 8);
  EXPECT_EQ(all(merge), "1:7 no data yet");
  append(1, 8);
  EXPECT_EQ(all(merge), "0:8 no data yet");
  append(0, 8);  // 1 has one at 8: that of 0 is before it
  EXPECT_EQ(all(merge), "0:8 no data yet");
}

TEST_F(MergeLive, StreamThatEndedHoldsNothingBack) {
  open_all(3);
  Merge<> merge;
  add_all(merge);
  append(0, 10);
  append(1, 3);
  out[1].close();
  EXPECT_EQ(all(merge), "no data yet");
  out[2].close();  // without an item
  EXPECT_EQ(all(merge), "1:3 0:10 no data yet");
  out[0].close();
  EXPECT_EQ(all(merge), "the stream ended");
}

TEST_F(MergeLive, SilentStreamIsPassedOverAfterTheLimitAndNotBefore) {
  open_all(2);
  Merge<> merge(with_clock(100ms));
  add_all(merge);
  append(0, 10);
  append(0, 11);
  EXPECT_EQ(all(merge), "no data yet");
  now += 99'999'999ns;
  EXPECT_EQ(all(merge), "no data yet");
  now += 1ns;
  EXPECT_EQ(all(merge), "0:10 0:11 no data yet");
  append(0, 12);  // it still is
  EXPECT_EQ(all(merge), "0:12 no data yet");
}

TEST_F(MergeLive, LimitBeginsWhenSomethingIsHeldBack) {
  open_all(2);
  Merge<> merge(with_clock(100ms));
  add_all(merge);
  EXPECT_EQ(all(merge), "no data yet");
  now += 1h;
  append(0, 10);
  EXPECT_EQ(all(merge), "no data yet");
  now += 60ms;
  append(1, 5);  // heard of: the limit begins anew
  EXPECT_EQ(all(merge), "1:5 no data yet");
  now += 60ms;
  EXPECT_EQ(all(merge), "no data yet");
  now += 40ms;
  EXPECT_EQ(all(merge), "0:10 no data yet");
}

TEST_F(MergeLive, WhatComesTooLateIsSaidToBeAndTheOthersStayInOrder) {
  open_all(3);
  Merge<> merge(with_clock(10ms));
  add_all(merge);
  append(0, 10);
  append(2, 20);
  EXPECT_EQ(all(merge), "no data yet");
  now += 10ms;
  EXPECT_EQ(all(merge), "0:10 no data yet");  // 1 is passed over; 0 holds back 20
  append(1, 3);
  append(1, 10);
  append(1, 12);
  append(1, 30);
  // 10 belongs behind that of 0, and is not late; 12 may still be preceded by 0's.
  EXPECT_EQ(all(merge), "1:3L no data yet");
  append(0, 11);
  EXPECT_EQ(all(merge), "1:10 0:11 no data yet");
  append(0, 40);
  EXPECT_EQ(all(merge), "1:12 2:20 no data yet");
  append(2, 50);
  EXPECT_EQ(all(merge), "1:30 no data yet");
}

TEST_F(MergeLive, EqualKeyOfAStreamThatBelongsBeforeIsLate) {
  open_all(2);
  Merge<> merge(with_clock(0ms));
  add_all(merge);
  append(1, 10);
  EXPECT_EQ(all(merge), "1:10 no data yet");
  append(0, 10);
  append(0, 11);
  EXPECT_EQ(all(merge), "0:10L 0:11 no data yet");  // without patience 1 is passed over at once
}

TEST_F(MergeLive, LateItemIsNotHeldBackByAnybody) {
  open_all(3);
  Merge<> merge(with_clock(10ms));
  add_all(merge);
  append(0, 10);
  EXPECT_EQ(all(merge), "no data yet");
  now += 10ms;
  EXPECT_EQ(all(merge), "0:10 no data yet");
  append(1, 4);
  append(2, 5);
  const auto run = merge.try_next_run();
  EXPECT_TRUE(run.is_late);
  EXPECT_EQ(run.stream, 1U);
  EXPECT_EQ(run.keys.size(), 1U);
  EXPECT_EQ(all(merge), "2:5L no data yet");
}

TEST_F(MergeLive, PassedOverStreamIsSeenAsSoonAsItHasNews) {
  open_all(2);
  Merge<> merge(with_clock(10ms));
  add_all(merge);
  for (std::int64_t key = 10; key < 20; ++key) append(0, key);
  EXPECT_EQ(all(merge), "no data yet");
  now += 10ms;
  EXPECT_EQ(merge.try_next()->key, 10);
  EXPECT_EQ(merge.try_next()->key, 11);
  append(1, 12);  // while there is a batch of the other
  append(1, 14);
  append(1, 30);
  EXPECT_EQ(all(merge), "0:12 1:12 0:13 0:14 1:14 0:15 0:16 0:17 0:18 0:19 no data yet");
}

TEST_F(MergeLive, PassedOverStreamMayEnd) {
  open_all(2);
  Merge<> merge(with_clock(10ms));
  add_all(merge);
  append(0, 10);
  EXPECT_EQ(all(merge), "no data yet");
  now += 10ms;
  EXPECT_EQ(all(merge), "0:10 no data yet");
  out[1].close();
  out[0].close();
  EXPECT_EQ(all(merge), "the stream ended");
}

TEST_F(MergeLive, StreamAddedLaterGivesLateItems) {
  open_all(2);
  Merge<> merge;
  add(merge, 0);
  append(0, 10);
  EXPECT_EQ(all(merge), "0:10 no data yet");
  append(0, 20);
  append(1, 5);
  append(1, 15);
  append(1, 25);
  EXPECT_EQ(add(merge, 1), 1U);
  EXPECT_EQ(all(merge), "1:5L 1:15 0:20 no data yet");
}

TEST_F(MergeLive, WaitsForTheLastThatHoldsBack) {
  open_all(3);
  Merge<> merge({.waiting = WaitStrategy::sleep()});
  add_all(merge);
  append(1, 5);
  std::thread writers([&] {
    append(0, 9);
    append(2, 7);
  });
  EXPECT_EQ(merge.next(30s)->key, 5);
  writers.join();
  EXPECT_EQ(merge.next(1ms).status, Status::timed_out);
  EXPECT_EQ(merge.next(Deadline::now()).status, Status::not_yet);
}

TEST_F(MergeLive, SleepsNoLongerThanTheLimit) {
  open_all(2);
  Merge<> merge({.lateness = 20ms, .waiting = WaitStrategy::sleep()});
  add_all(merge);
  append(0, 5);
  const Time begin = std::chrono::steady_clock::now();
  EXPECT_EQ(merge.next()->key, 5);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  EXPECT_EQ(merge.next(1ms).status, Status::timed_out);
}

TEST_F(MergeLive, SleepEndsWithTheStreams) {
  open_all(2);
  Merge<> merge;
  add_all(merge);
  std::thread writers([&] {
    append(1, 5);
    out[0].close();
    out[1].close();
  });
  std::vector<std::int64_t> keys;
  for (const auto& item : merge) keys.push_back(item.key);
  writers.join();
  EXPECT_EQ(keys, (std::vector<std::int64_t>{5}));
}

TEST_F(MergeLive, InterruptEndsTheWait) {
  open_all(2);
  Interrupt stop;
  Merge<> merge({.interrupt = &stop});
  add_all(merge);
  append(0, 5);
  std::thread other([&] { stop.trigger(); });
  const auto next = merge.next(30s);
  EXPECT_EQ(next.status, Status::interrupted);
  EXPECT_EQ(next.item.stream, 2U);  // of none
  other.join();
  EXPECT_THROW(static_cast<void>(merge.begin()), Interrupted);
  append(1, 7);
  EXPECT_EQ(merge.next()->key, 5);  // what is there can be had
}

TEST_F(MergeLive, ReadersOwnInterruptEndsTheWaitToo) {
  open_all(2);
  Interrupt stop;
  stop.trigger();
  Merge<> merge;
  add(merge, 0);
  add(merge, 1, {.interrupt = &stop});
  EXPECT_EQ(merge.try_next().status, Status::not_yet);
  const auto next = merge.next(30s);
  EXPECT_EQ(next.status, Status::interrupted);
  EXPECT_EQ(next.item.stream, 1U);
  EXPECT_THROW(static_cast<void>(merge.begin()), Interrupted);
}

}  // namespace
}  // namespace shm
