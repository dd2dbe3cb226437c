// SPDX-License-Identifier: Apache-2.0

// Merging while the streams grow: which streams hold back, and which items are late.
#include <gtest/gtest.h>

#include <thread>

#include "merge_support.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

class MergeLive : public test::MergeWithClock {
 protected:
  /// The items that a merge gives without waiting, as "stream:key", with an L if late; then the status at
  /// their end.
  static std::string all(Merge<>& merge) {
    std::string text;
    for (;;) {
      const auto next = merge.try_next();
      if (!next) return text + std::string(to_string(next.status));
      text += std::to_string(next->stream) + ":" + std::to_string(next->key) + (next->is_late ? "L " : " ");
    }
  }
};

TEST_F(MergeLive, HoldsEverythingBackForAStreamWithoutItems) {
  open_all(2);
  Merge<> merge;
  add_all(merge);
  append(0, 1);
  EXPECT_EQ(all(merge), "no data yet");
  append(1, 5);
  EXPECT_EQ(all(merge), "0:1 no data yet");
}

TEST_F(MergeLive, HandsOutAnItemWhenNoStreamCanGiveAnEarlierOne) {
  open_all(3);
  Merge<> merge;
  add_all(merge);
  append(0, 10);
  append(1, 20);
  append(2, 5);
  EXPECT_EQ(all(merge), "2:5 no data yet");  // the next item of 2 is at or after 5
  append(2, 10);
  EXPECT_EQ(all(merge), "0:10 no data yet");  // an item of 0 may be at 10 again, and before that of 2
  append(0, 15);
  EXPECT_EQ(all(merge), "2:10 no data yet");
  append(2, 15);
  EXPECT_EQ(all(merge), "0:15 no data yet");
}

TEST_F(MergeLive, HoldsAnEqualKeyBackOnlyForStreamsThatWereAddedBefore) {
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
  append(0, 8);  // 1 has an item at 8: that of 0 is before it
  EXPECT_EQ(all(merge), "0:8 no data yet");
}

TEST_F(MergeLive, HoldsNothingBackForAStreamThatHasEnded) {
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

TEST_F(MergeLive, PassesOverASilentStreamAfterTheLatenessAndNotBefore) {
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
  append(0, 12);  // it still is passed over
  EXPECT_EQ(all(merge), "0:12 no data yet");
}

TEST_F(MergeLive, MeasuresLatenessFromWhenAnItemIsHeldBack) {
  open_all(2);
  Merge<> merge(with_clock(100ms));
  add_all(merge);
  EXPECT_EQ(all(merge), "no data yet");
  now += 1h;
  append(0, 10);
  EXPECT_EQ(all(merge), "no data yet");
  now += 60ms;
  append(1, 5);  // it has an item: the lateness begins anew
  EXPECT_EQ(all(merge), "1:5 no data yet");
  now += 60ms;
  EXPECT_EQ(all(merge), "no data yet");
  now += 40ms;
  EXPECT_EQ(all(merge), "0:10 no data yet");
}

TEST_F(MergeLive, MarksLateItemsAndKeepsTheOthersInOrder) {
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
  // 10 belongs behind the item of 0, and is not late; before 12 another item of 0 may come.
  EXPECT_EQ(all(merge), "1:3L no data yet");
  append(0, 11);
  EXPECT_EQ(all(merge), "1:10 0:11 no data yet");
  append(0, 40);
  EXPECT_EQ(all(merge), "1:12 2:20 no data yet");
  append(2, 50);
  EXPECT_EQ(all(merge), "1:30 no data yet");
}

TEST_F(MergeLive, MarksAnEqualKeyOfAnEarlierStreamAsLate) {
  open_all(2);
  Merge<> merge(with_clock(0ms));
  add_all(merge);
  append(1, 10);
  EXPECT_EQ(all(merge), "1:10 no data yet");
  append(0, 10);
  append(0, 11);
  EXPECT_EQ(all(merge), "0:10L 0:11 no data yet");  // with a lateness of 0, stream 1 is passed over at once
}

TEST_F(MergeLive, HandsOutALateItemAtOnce) {
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

TEST_F(MergeLive, SeesAPassedOverStreamAsSoonAsItHasNews) {
  open_all(2);
  Merge<> merge(with_clock(10ms));
  add_all(merge);
  for (std::int64_t key = 10; key < 20; ++key) append(0, key);
  EXPECT_EQ(all(merge), "no data yet");
  now += 10ms;
  EXPECT_EQ(merge.try_next()->key, 10);
  EXPECT_EQ(merge.try_next()->key, 11);
  append(1, 12);  // while the other has a batch
  append(1, 14);
  append(1, 30);
  EXPECT_EQ(all(merge), "0:12 1:12 0:13 0:14 1:14 0:15 0:16 0:17 0:18 0:19 no data yet");
}

TEST_F(MergeLive, EndsWhenAPassedOverStreamEnds) {
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

TEST_F(MergeLive, MarksItemsOfAStreamAddedLaterAsLate) {
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

TEST_F(MergeLive, WaitsForTheLastStreamThatHoldsBack) {
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

TEST_F(MergeLive, SleepsNoLongerThanTheLateness) {
  open_all(2);
  Merge<> merge({.lateness = 20ms, .waiting = WaitStrategy::sleep()});
  add_all(merge);
  append(0, 5);
  const Time begin = std::chrono::steady_clock::now();
  EXPECT_EQ(merge.next()->key, 5);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  EXPECT_EQ(merge.next(1ms).status, Status::timed_out);
}

TEST_F(MergeLive, WakesWhenTheStreamsEnd) {
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

TEST_F(MergeLive, WakesOnAnInterrupt) {
  open_all(2);
  Interrupt stop;
  Merge<> merge({.interrupt = &stop});
  add_all(merge);
  append(0, 5);
  std::thread other([&] { stop.trigger(); });
  const auto next = merge.next(30s);
  EXPECT_EQ(next.status, Status::interrupted);
  EXPECT_EQ(next.item.stream, 2U);  // of no stream
  other.join();
  EXPECT_THROW(static_cast<void>(merge.begin()), Interrupted);
  append(1, 7);
  EXPECT_EQ(merge.next()->key, 5);  // items that are there are handed out
}

TEST_F(MergeLive, WakesOnAReadersOwnInterrupt) {
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
