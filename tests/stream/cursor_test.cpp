// SPDX-License-Identifier: Apache-2.0

// The cursor: its start, its statuses, its losses.
#include <gtest/gtest.h>

#include <iterator>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

static_assert(std::ranges::input_range<Reader<int>>);
static_assert(std::invocable<Reader<int>&>);
static_assert(std::input_iterator<Reader<int>::Iterator>);
static_assert(std::sentinel_for<std::default_sentinel_t, Reader<int>::Iterator>);

class ReaderCursorTest : public ::testing::Test {
 protected:
  void append(int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }
  Reader<int> reader(Start start, const ReaderOptions& options = {}) { return {"numbers", start, options}; }

  test::TestDirectory directory;
  Writer<int> out{"numbers", {.history = 64}};
};

// --- start ---

TEST_F(ReaderCursorTest, StartsAtTheOldestReadableItem) {
  append(10);
  EXPECT_EQ(reader(Start::oldest()).try_next().item, 0);
  append(10000);
  Reader<int> late = reader(Start::oldest());
  EXPECT_EQ(late.cursor(), late.oldest());
  EXPECT_GT(late.cursor(), 0U);
  EXPECT_EQ(late.try_next().item, static_cast<int>(late.oldest()));
}

TEST_F(ReaderCursorTest, StartsAtTheNewestItem) {
  append(10);
  EXPECT_EQ(reader(Start::newest()).try_next().item, 9);
}

TEST_F(ReaderCursorTest, StartsAtTheNextItem) {
  append(10);
  Reader<int> next = reader(Start::next());
  EXPECT_EQ(next.try_next().status, Status::not_yet);
  append(1);
  EXPECT_EQ(next.try_next().item, 10);
}

TEST_F(ReaderCursorTest, StartsAtAnIndex) {
  append(10);
  EXPECT_EQ(reader(Start::at(4)).try_next().item, 4);
  Reader<int> ahead = reader(Start::at(12));
  append(2);
  EXPECT_EQ(ahead.try_next().status, Status::not_yet);
  append(1);
  EXPECT_EQ(ahead.try_next().item, 12);
}

TEST_F(ReaderCursorTest, StartsAnywhereInAnEmptyStream) {
  for (const Start start : {Start::oldest(), Start::newest(), Start::next(), Start::at(0)}) {
    EXPECT_EQ(reader(start).cursor(), 0U);
    EXPECT_EQ(reader(start).try_next().status, Status::not_yet);
  }
}

TEST_F(ReaderCursorTest, ALateReaderSeesTheHistoryAtOnce) {
  append(1000);
  Reader<int> late = reader(Start::at(1000 - 64));
  for (int i = 1000 - 64; i < 1000; ++i) ASSERT_EQ(late.try_next().item, i);
}

// --- statuses ---

TEST_F(ReaderCursorTest, NoDataYetAndTimedOutAreDifferentStatuses) {
  Reader<int> r = reader(Start::oldest());
  EXPECT_EQ(r.try_next().status, Status::not_yet);
  EXPECT_EQ(r.next(1ms).status, Status::timed_out);
  EXPECT_EQ(r.next(Deadline::now()).status, Status::timed_out);
  EXPECT_EQ(r.peek().status, Status::not_yet);
  EXPECT_EQ(r.peek(1ms).status, Status::timed_out);
}

TEST_F(ReaderCursorTest, DrainsTheStreamThenReportsTheEnd) {
  append(3);
  Reader<int> r = reader(Start::oldest());
  out.close();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(r.next().item, i);
  EXPECT_EQ(r.try_next().status, Status::ended);
  EXPECT_EQ(r.next().status, Status::ended);
  EXPECT_EQ(r.peek().status, Status::ended);
  EXPECT_EQ(r.wait_for(4), Status::ended);
  EXPECT_EQ(r.writer_state(), WriterState::ended);
}

TEST_F(ReaderCursorTest, IterationStopsAtTheEnd) {
  append(5);
  Reader<int> r = reader(Start::oldest());
  out.close();
  std::vector<int> seen;
  for (const int item : r) seen.push_back(item);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(r.begin() == r.end());
}

TEST_F(ReaderCursorTest, TheCallOperatorReturnsTheNextItem) {
  append(2);
  Reader<int> r = reader(Start::oldest());
  EXPECT_EQ(r(), 0);
  EXPECT_EQ(r(), 1);
  out.close();
  EXPECT_THROW(r(), Ended);
}

TEST_F(ReaderCursorTest, WaitsAfterAWritersCrashWhichWriterStateReports) {
  append(1);
  Reader<int> r = reader(Start::next());
  EXPECT_EQ(r.writer_state(), WriterState::live);
  out.detach();
  EXPECT_EQ(r.next(1ms).status, Status::timed_out);
  EXPECT_EQ(r.try_next().status, Status::not_yet);
  EXPECT_EQ(r.writer_state(), WriterState::lost);
  EXPECT_EQ(r.info().writer.state, WriterState::lost);
}

TEST_F(ReaderCursorTest, ReportsALostWriterIfThatIsAnError) {
  append(1);
  Reader<int> r = reader(Start::oldest(), {.writer_loss_is_error = true});
  out.detach();
  EXPECT_EQ(r.next().item, 0);
  EXPECT_EQ(r.next().status, Status::writer_lost);
  EXPECT_THROW(r(), WriterLost);
  Reader<int> spinning =
      reader(Start::next(), {.waiting = WaitStrategy::spin(), .writer_loss_is_error = true});
  EXPECT_EQ(spinning.next().status, Status::writer_lost);
}

// --- lapped ---

TEST_F(ReaderCursorTest, ALappedCursorMovesToASafeItemAndReportsItsLoss) {
  Reader<int> r = reader(Start::oldest());
  append(10000);
  EXPECT_EQ(r.next().status, Status::lost);
  EXPECT_EQ(r.last_lost().begin, 0U);
  EXPECT_EQ(r.last_lost().end, r.cursor());
  EXPECT_EQ(r.lost_items(), r.cursor());
  EXPECT_EQ(r.lost_ranges(), 1U);
  EXPECT_GE(r.cursor(), r.oldest());
  EXPECT_EQ(r.next().item, static_cast<int>(r.last_lost().end));
}

TEST_F(ReaderCursorTest, ALappedCursorKeepsAMarginAgainstTheNextLoss) {
  Reader<int> r = reader(Start::oldest());
  append(10000);
  ASSERT_EQ(r.next().status, Status::lost);
  EXPECT_LE(r.cursor(), 10000U);
  EXPECT_GE(r.cursor(), 10000U - 64U);
  append(8);  // an eighth of the history
  EXPECT_EQ(r.next().status, Status::ok);
}

TEST_F(ReaderCursorTest, CountsEveryLoss) {
  Reader<int> r = reader(Start::oldest());
  std::uint64_t lost = 0;
  for (std::uint64_t turn = 1; turn <= 5; ++turn) {
    append(3000);
    ASSERT_EQ(r.next().status, Status::lost);
    lost += r.last_lost().size();
    ASSERT_EQ(r.lost_ranges(), turn);
    ASSERT_EQ(r.lost_items(), lost);
    while (r.try_next()) {
    }
  }
}

TEST_F(ReaderCursorTest, TheCountsOfItemsReadAndLostAddUpToAllItems) {
  Reader<int> r = reader(Start::oldest());
  std::uint64_t read = 0;
  for (int turn = 0; turn < 50; ++turn) {
    append(turn * 50);
    Next<int> next;
    while ((next = r.try_next()).status != Status::not_yet) {
      if (next) {
        ASSERT_EQ(static_cast<Index>(*next) + 1, r.cursor());
        ++read;
      }
    }
  }
  EXPECT_EQ(read + r.lost_items(), out.inserted());
  EXPECT_GT(r.lost_items(), 0U);
}

TEST_F(ReaderCursorTest, ThrowsOverlapsPastIfALossIsAnError) {
  Reader<int> r = reader(Start::oldest(), {.loss_is_error = true});
  append(10000);
  try {
    static_cast<void>(r.next());
    FAIL();
  } catch (const OverlapsPast& error) {
    EXPECT_EQ(error.asked(), (IndexRange{0, r.cursor()}));
    EXPECT_EQ(error.readable(), r.readable());
  }
  EXPECT_EQ(r.next().status, Status::ok);
  EXPECT_EQ(r.lost_ranges(), 1U);
}

TEST_F(ReaderCursorTest, IterationSkipsAndCountsLostItems) {
  Reader<int> r = reader(Start::oldest());
  append(10000);
  out.close();
  int items = 0;
  for (const int item : r) {
    ASSERT_EQ(static_cast<Index>(item) + 1, r.cursor());
    ++items;
  }
  EXPECT_EQ(static_cast<std::uint64_t>(items) + r.lost_items(), 10000U);
  EXPECT_GT(items, 0);
}

TEST_F(ReaderCursorTest, TheCallOperatorSkipsAndCountsLostItems) {
  Reader<int> r = reader(Start::oldest());
  append(10000);
  const int item = r();
  EXPECT_EQ(static_cast<Index>(item), r.lost_items());
  EXPECT_EQ(r.lost_ranges(), 1U);
}

TEST_F(ReaderCursorTest, AReaderThatDoesNotReadNeverHoldsTheWriterBack) {
  Reader<int> idle = reader(Start::oldest());
  append(100'000);  // returns
  EXPECT_EQ(idle.inserted(), 100'000U);
  EXPECT_EQ(idle.cursor(), 0U);
}

}  // namespace
}  // namespace shm
