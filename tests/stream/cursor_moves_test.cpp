// SPDX-License-Identifier: Apache-2.0

// Peeking, seeking, reading many items at a time, forks, and several readers of one stream.
#include <gtest/gtest.h>

#include <thread>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

class ReaderCursorMovesTest : public ::testing::Test {
 protected:
  void append(int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }
  static std::vector<int> first(const std::vector<int>& items, std::size_t count) {
    return {items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  test::TestDirectory directory;
  Writer<int> out{"numbers", {.history = 64}};
  Reader<int> r{"numbers", Start::oldest()};
  std::vector<int> room = std::vector<int>(8, -1);
};

TEST_F(ReaderCursorMovesTest, PeekLooksWithoutMoving) {
  append(2);
  EXPECT_EQ(r.peek().item, 0);
  EXPECT_EQ(r.peek().item, 0);
  EXPECT_EQ(r.cursor(), 0U);
  EXPECT_EQ(r.next().item, 0);
  EXPECT_EQ(r.peek().item, 1);
}

TEST_F(ReaderCursorMovesTest, PeekReportsALoss) {
  append(10000);
  EXPECT_EQ(r.peek().status, Status::lost);
  EXPECT_EQ(r.peek().item, static_cast<int>(r.cursor()));
}

TEST_F(ReaderCursorMovesTest, SeekMovesToEveryKindOfPlace) {
  append(10);
  r.seek(Start::newest());
  EXPECT_EQ(r.try_next().item, 9);
  r.seek(3);
  EXPECT_EQ(r.try_next().item, 3);
  r.seek(Start::next());
  EXPECT_EQ(r.try_next().status, Status::not_yet);
  r.seek(Start::oldest());
  EXPECT_EQ(r.try_next().item, 0);
  r.seek(Start::at(7));
  EXPECT_EQ(r.try_next().item, 7);
}

TEST_F(ReaderCursorMovesTest, SeekToAnOverwrittenItemIsALossAtTheNextRead) {
  append(10000);
  r.seek(5);
  EXPECT_EQ(r.try_next().status, Status::lost);
  EXPECT_EQ(r.last_lost().begin, 5U);
}

TEST_F(ReaderCursorMovesTest, ReadingNItemsReturnsNItems) {
  append(20);
  const ReadResult result = r.read(room);
  EXPECT_EQ(result.status, Status::ok);
  EXPECT_EQ(result.count, 8U);
  EXPECT_EQ(result.first, 0U);
  EXPECT_EQ(room, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(r.cursor(), 8U);
}

TEST_F(ReaderCursorMovesTest, ReadingNItemsWaitsForAllAndConsumesNothingUntilThen) {
  append(7);
  EXPECT_EQ(r.read(room, Amount::exactly, 1ms).status, Status::timed_out);
  EXPECT_EQ(r.cursor(), 0U);
  std::thread writer([&] { append(1); });
  EXPECT_EQ(r.read(room).count, 8U);
  writer.join();
}

TEST_F(ReaderCursorMovesTest, ReadingTheLastNItemsReturnsNItems) {
  append(8);
  out.close();
  const ReadResult result = r.read(room);
  EXPECT_EQ(result.status, Status::ok);
  EXPECT_EQ(result.count, 8U);
  EXPECT_EQ(r.read(room).status, Status::ended);
  EXPECT_EQ(r.read(room).count, 0U);
}

TEST_F(ReaderCursorMovesTest, ReadingBeyondTheEndReturnsTheRestAndEnded) {
  append(11);
  out.close();
  EXPECT_EQ(r.read(room).count, 8U);
  const ReadResult rest = r.read(room);
  EXPECT_EQ(rest.status, Status::ended);
  EXPECT_EQ(rest.count, 3U);
  EXPECT_EQ(rest.first, 8U);
  EXPECT_EQ(first(room, 3), (std::vector<int>{8, 9, 10}));
  EXPECT_EQ(r.read(room).count, 0U);
}

TEST_F(ReaderCursorMovesTest, ReadingAvailableItemsReturnsAtLeastOneAndAtMostN) {
  append(3);
  ReadResult result = r.read(room, Amount::available);
  EXPECT_EQ(result.count, 3U);
  EXPECT_EQ(first(room, 3), (std::vector<int>{0, 1, 2}));
  append(20);
  EXPECT_EQ(r.read(room, Amount::available).count, 8U);
  r.seek(Start::next());
  EXPECT_EQ(r.read(room, Amount::available, 1ms).status, Status::timed_out);
  std::thread writer([&] { append(1); });
  result = r.read(room, Amount::available);
  writer.join();
  EXPECT_EQ(result.count, 1U);
  EXPECT_EQ(room[0], 23);
}

TEST_F(ReaderCursorMovesTest, ReadingIntoAnEmptyBufferReadsNothing) {
  append(3);
  const ReadResult result = r.read(std::span<int>());
  EXPECT_EQ(result.status, Status::ok);
  EXPECT_EQ(result.count, 0U);
}

TEST_F(ReaderCursorMovesTest, ReadingExactlyMoreThanTheHistoryIsRefusedAndNothingIsConsumed) {
  append(100);
  r.seek(50);
  std::vector<int> much(65);
  EXPECT_THROW(static_cast<void>(r.read(much)), InvalidArgument);
  EXPECT_EQ(r.cursor(), 50U);
  EXPECT_EQ(r.read(much, Amount::available).count, 50U);
}

TEST_F(ReaderCursorMovesTest, ReadingAcrossTheEndOfTheRingReturnsTheItemsInOrder) {
  int expected = 0;
  for (int turn = 0; turn < 2000; ++turn) {
    append(1 + turn % 8);
    const ReadResult result = r.read(room, Amount::available);
    ASSERT_EQ(result.status, Status::ok);
    for (std::size_t i = 0; i < result.count; ++i) ASSERT_EQ(room[i], expected++);
  }
}

TEST_F(ReaderCursorMovesTest, ReadingReportsALossFirst) {
  append(10000);
  const ReadResult result = r.read(room);
  EXPECT_EQ(result.status, Status::lost);
  EXPECT_EQ(result.count, 0U);
  EXPECT_EQ(r.read(room).count, 8U);
  EXPECT_EQ(room[0], static_cast<int>(r.last_lost().end));
}

TEST_F(ReaderCursorMovesTest, RawReadersRefuseABufferOfTheWrongSize) {
  append(3);
  RawReader raw("numbers", Start::oldest());
  std::vector<std::byte> bytes(7);
  EXPECT_THROW(static_cast<void>(raw.try_next(bytes)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(raw.next(bytes)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(raw.peek(bytes)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(raw.read(bytes)), InvalidArgument);
  EXPECT_THROW(raw.item(0, bytes), InvalidArgument);
  EXPECT_EQ(raw.cursor(), 0U);
}

TEST_F(ReaderCursorMovesTest, OneReaderNeverInfluencesAnother) {
  append(10);
  Reader<int> other("numbers", Start::at(5));
  EXPECT_EQ(r.next().item, 0);
  EXPECT_EQ(other.next().item, 5);
  r.seek(9);
  EXPECT_EQ(other.next().item, 6);
  append(10000);
  EXPECT_EQ(r.next().status, Status::lost);
  EXPECT_EQ(other.lost_items(), 0U);
  EXPECT_EQ(other.cursor(), 7U);
}

TEST_F(ReaderCursorMovesTest, AForkIsASecondReaderAtTheSamePosition) {
  append(10);
  r.seek(4);
  Reader<int> second = r.fork();
  EXPECT_EQ(second.cursor(), 4U);
  EXPECT_EQ(second.next().item, 4);
  EXPECT_EQ(r.next().item, 4);
  second.seek(9);
  EXPECT_EQ(r.next().item, 5);
  EXPECT_EQ(out.readers().size(), 2U);
}

TEST_F(ReaderCursorMovesTest, AForkOutlivesTheReaderItCameFrom) {
  append(10);
  auto first_reader = std::make_unique<Reader<int>>("numbers", Start::at(3));
  Reader<int> second = first_reader->fork();
  first_reader.reset();
  EXPECT_EQ(second.next().item, 3);
}

TEST_F(ReaderCursorMovesTest, AMovedReaderKeepsItsPosition) {
  append(10);
  r.seek(4);
  Reader<int> moved = std::move(r);
  EXPECT_EQ(moved.next().item, 4);
  EXPECT_EQ(out.readers().size(), 1U);
  Reader<int> other("numbers", Start::newest());
  other = std::move(moved);
  EXPECT_EQ(other.next().item, 5);
  EXPECT_EQ(out.readers().size(), 1U);
  EXPECT_EQ(out.readers()[0].cursor, 6U);
}

TEST_F(ReaderCursorMovesTest, PositionAndLossesAreSeenFromOutside) {
  Reader<int> named("numbers", Start::oldest(), {.name = "level meter"});
  append(10000);
  EXPECT_EQ(named.next().status, Status::lost);
  EXPECT_TRUE(named.next());
  const auto readers = out.readers();
  ASSERT_EQ(readers.size(), 2U);
  const ReaderInfo& seen = readers[0].name == "level meter" ? readers[0] : readers[1];
  EXPECT_EQ(seen.name, "level meter");
  EXPECT_EQ(seen.pid, ::getpid());
  EXPECT_FALSE(seen.program.empty());
  EXPECT_EQ(seen.cursor, named.cursor());
  EXPECT_EQ(seen.lost_items, named.lost_items());
  EXPECT_EQ(seen.lost_ranges, 1U);
  EXPECT_FALSE(seen.entered);
  EXPECT_GT(seen.attached_realtime_ns, 0);
}

}  // namespace
}  // namespace shm
