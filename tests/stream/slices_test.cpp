// SPDX-License-Identifier: Apache-2.0

// Indices and slices, row by row of the table of exact behaviours. n = inserted, o = the oldest readable
// item.
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <thread>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using Items = std::vector<std::int64_t>;

Items from_to(std::int64_t begin, std::int64_t end) {
  Items items(static_cast<std::size_t>(end - begin));
  std::iota(items.begin(), items.end(), begin);
  return items;
}

/// Item k of the stream is k. Of 10000 items the older ones are overwritten.
class ReaderSliceTest : public ::testing::Test {
 protected:
  void append(std::int64_t count) {
    for (; count > 0; --count) out.append(static_cast<std::int64_t>(out.inserted()));
  }
  template <class Overlap, class Ask>
  void expect_overlap(IndexRange asked, Ask ask) {
    try {
      ask();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Overlap& error) {
      EXPECT_EQ(error.asked(), asked) << error.what();
      EXPECT_EQ(error.readable(), (IndexRange{static_cast<Index>(o), static_cast<Index>(n)})) << error.what();
    }
  }

  test::TestDirectory directory;
  Writer<std::int64_t> out{"numbers", {.history = 1000}};
  Reader<std::int64_t> r{"numbers", Start::oldest()};
  std::int64_t n = (append(10000), 10000);
  std::int64_t o = static_cast<std::int64_t>(r.oldest());
  Index un = static_cast<Index>(n);
  Index uo = static_cast<Index>(o);
};

TEST_F(ReaderSliceTest, OlderItemsAreNotReadable) {
  EXPECT_EQ(r.inserted(), un);
  EXPECT_GT(o, 0);
  EXPECT_LE(o, n - 1000);
  EXPECT_EQ(r.readable(), (IndexRange{uo, un}));
}

TEST_F(ReaderSliceTest, AReadableIndexReturnsItsItem) {
  for (std::int64_t i = o; i < n; ++i) ASSERT_EQ(r[i], i);
}

TEST_F(ReaderSliceTest, AnIndexBeforeTheOldestOverlapsThePast) {
  expect_overlap<OverlapsPast>({uo - 1, uo}, [&] { static_cast<void>(r[o - 1]); });
  expect_overlap<OverlapsPast>({0, 1}, [&] { static_cast<void>(r[0]); });
}

TEST_F(ReaderSliceTest, TheIndexOfTheNextItemOverlapsTheFuture) {
  expect_overlap<OverlapsFuture>({un, un + 1}, [&] { static_cast<void>(r[n]); });
}

TEST_F(ReaderSliceTest, AnyLaterIndexOverlapsTheFuture) {
  expect_overlap<OverlapsFuture>({un + 1, un + 2}, [&] { static_cast<void>(r[n + 1]); });
  const auto last = std::numeric_limits<std::int64_t>::max();
  expect_overlap<OverlapsFuture>({static_cast<Index>(last), static_cast<Index>(last) + 1},
                                 [&] { static_cast<void>(r[last]); });
}

TEST_F(ReaderSliceTest, ANegativeIndexCountsFromTheNewest) {
  EXPECT_EQ(r[-1], n - 1);
  EXPECT_EQ(r[-1000], n - 1000);
  EXPECT_EQ(r[o - n], o);
}

TEST_F(ReaderSliceTest, ANegativeIndexBeforeTheOldestOverlapsThePast) {
  expect_overlap<OverlapsPast>({uo - 1, uo}, [&] { static_cast<void>(r[o - n - 1]); });
}

TEST_F(ReaderSliceTest, ANegativeIndexBeforeTheBeginningOverlapsThePast) {
  EXPECT_THROW(static_cast<void>(r[-n - 1]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(r[std::numeric_limits<std::int64_t>::min()]), OverlapsPast);
}

TEST_F(ReaderSliceTest, ASliceFromAToBHasItemsAToBMinusOne) {
  EXPECT_EQ((r[{n - 10, n - 3}]), from_to(n - 10, n - 3));
  EXPECT_EQ((r[{o, n}]), from_to(o, n));
}

TEST_F(ReaderSliceTest, ASliceThatBeginsTooEarlyThrowsOverlapsPast) {
  expect_overlap<OverlapsPast>({uo - 1, uo + 5}, [&] { static_cast<void>(r[{o - 1, o + 5}]); });
}

TEST_F(ReaderSliceTest, ASliceThatEndsTooLateThrowsOverlapsFuture) {
  expect_overlap<OverlapsFuture>({un - 1, un + 1}, [&] { static_cast<void>(r[{n - 1, n + 1}]); });
}

TEST_F(ReaderSliceTest, ASliceThatMissesBothEndsThrowsOverlapsPast) {
  expect_overlap<OverlapsPast>({uo - 1, un + 1}, [&] { static_cast<void>(r[{o - 1, n + 1}]); });
}

TEST_F(ReaderSliceTest, AnOpenStopIsTheEnd) { EXPECT_EQ((r[{n - 5, {}}]), from_to(n - 5, n)); }
TEST_F(ReaderSliceTest, AnOpenStartIsTheOldest) { EXPECT_EQ((r[{{}, o + 5}]), from_to(o, o + 5)); }
TEST_F(ReaderSliceTest, ANegativeStartCountsFromTheNewest) { EXPECT_EQ((r[{-3, {}}]), from_to(n - 3, n)); }
TEST_F(ReaderSliceTest, ANegativeStopCountsFromTheNewest) { EXPECT_EQ((r[{-5, -2}]), from_to(n - 5, n - 2)); }
TEST_F(ReaderSliceTest, ASliceWithOpenEndsIsAllThatIsReadable) { EXPECT_EQ((r[{{}, {}}]), from_to(o, n)); }

TEST_F(ReaderSliceTest, ASliceFromNToNIsEmpty) { EXPECT_TRUE((r[{n, n}]).empty()); }

TEST_F(ReaderSliceTest, ASliceFromAToAIsEmptyForAnyA) {
  for (const std::int64_t a : {std::int64_t{0}, o - 1, o, n - 1, n, n + 1, n + 1000, -n - 5}) {
    EXPECT_TRUE((r[{a, a}]).empty()) << a;
  }
}

TEST_F(ReaderSliceTest, ASliceFromNOnIsEmpty) { EXPECT_TRUE((r[{n, {}}]).empty()); }
TEST_F(ReaderSliceTest, ASliceUpToTheOldestIsEmpty) { EXPECT_TRUE((r[{{}, o}]).empty()); }

TEST_F(ReaderSliceTest, ASliceWhoseOpenEndLiesBeyondTheOtherThrows) {
  EXPECT_THROW(static_cast<void>(r[{n + 1, {}}]), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(r[{{}, o - 1}]), OverlapsPast);
}

TEST_F(ReaderSliceTest, AStepOfNReturnsEveryNthItem) {
  EXPECT_EQ((r[{n - 10, n, 3}]), (Items{n - 10, n - 7, n - 4, n - 1}));
  EXPECT_EQ((r[{n - 10, n - 1, 3}]), (Items{n - 10, n - 7, n - 4}));
  EXPECT_EQ((r[{n - 10, n, 1}]), from_to(n - 10, n));
  EXPECT_EQ((r[{n - 10, n, 10}]), (Items{n - 10}));
  EXPECT_EQ((r[{n - 10, n, std::numeric_limits<std::int64_t>::max()}]), (Items{n - 10}));
  EXPECT_EQ((r[{{}, {}, 2}]).size(), static_cast<std::size_t>(n - o + 1) / 2);
}

TEST_F(ReaderSliceTest, AStepOfZeroOrLessIsRefused) {
  for (const std::int64_t step :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_THROW(static_cast<void>(r[{n - 10, n, step}]), InvalidArgument);
    EXPECT_THROW(static_cast<void>(r[{n, n, step}]), InvalidArgument);
  }
}

TEST_F(ReaderSliceTest, ASliceThatRunsBackwardsIsRefused) {
  EXPECT_THROW(static_cast<void>(r[{n - 1, n - 2}]), InvalidArgument);
  EXPECT_THROW(static_cast<void>(r[{-2, -3}]), InvalidArgument);
  EXPECT_THROW(static_cast<void>(r[{n, -1}]), InvalidArgument);
  EXPECT_THROW(static_cast<void>(r[{n + 5, n + 4}]), InvalidArgument);
}

TEST_F(ReaderSliceTest, ASliceThatRunsForwardsOnceNegativesAreResolvedIsTaken) {
  EXPECT_EQ((r[{n - 4, -1}]), from_to(n - 4, n - 1));
  EXPECT_EQ((r[{-4, n}]), from_to(n - 4, n));
}

TEST_F(ReaderSliceTest, SlicesOfAnEmptyStreamAreEmptyOrThrowOverlapsFuture) {
  Writer<int> empty("empty");
  Reader<int> reader("empty", Start::oldest());
  EXPECT_TRUE((reader[{{}, {}}]).empty());
  EXPECT_TRUE((reader[{0, 0}]).empty());
  EXPECT_THROW(static_cast<void>(reader[0]), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(reader[-1]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(reader[{0, 1}]), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(reader[{-1, {}}]), OverlapsPast);
}

TEST_F(ReaderSliceTest, ARepeatedSliceReturnsTheSameItemsOrThrowsOverlapsPast) {
  const Slice query{n - 900, n - 890};
  const Items first = r[query];
  bool gone = false;
  for (int turn = 0; turn < 100; ++turn) {
    append(100);
    try {
      const Items again = r[query];
      ASSERT_FALSE(gone) << "overwritten items were readable again";
      ASSERT_EQ(again, first);
    } catch (const OverlapsPast&) {
      gone = true;
    }
  }
  EXPECT_TRUE(gone);
}

TEST_F(ReaderSliceTest, ASliceDoesNotMoveTheCursor) {
  r.seek(Start::newest());
  static_cast<void>(r[{-100, {}}]);
  static_cast<void>(r[-1]);
  EXPECT_EQ(r.cursor(), un - 1);
  EXPECT_EQ(r.next().item, n - 1);
}

TEST_F(ReaderSliceTest, SliceIntoNeedsRoomForAllItems) {
  Items room(10, -1);
  EXPECT_EQ(r.slice_into(room, {n - 10, n}), 10U);
  EXPECT_EQ(room, from_to(n - 10, n));
  EXPECT_EQ(r.slice_into(room, {n - 4, n, 2}), 2U);
  EXPECT_THROW(r.slice_into(room, {n - 11, n}), InvalidArgument);
}

}  // namespace
}  // namespace shm
