// SPDX-License-Identifier: Apache-2.0

// Views of items in place, which are checked after use.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

static_assert(std::ranges::random_access_range<View<int>>);
static_assert(std::ranges::sized_range<View<int>>);

class ReaderViewTest : public ::testing::Test {
 protected:
  void append(int count) {
    for (; count > 0; --count) out.append(static_cast<int>(out.inserted()));
  }

  test::TestDirectory directory;
  Writer<int> out{"numbers", {.history = 64}};
  Reader<int> r{"numbers", Start::oldest()};
};

TEST_F(ReaderViewTest, AViewShowsTheItemsOfASlice) {
  append(10);
  const View<int> view = r.view({2, 6});
  EXPECT_EQ(view.size(), 4U);
  EXPECT_FALSE(view.empty());
  EXPECT_EQ(std::vector<int>(view.begin(), view.end()), (std::vector<int>{2, 3, 4, 5}));
  EXPECT_EQ(view[1], 3);
  EXPECT_EQ(view.front(), 2);
  EXPECT_EQ(view.back(), 5);
  EXPECT_EQ(view.indices(), (IndexRange{2, 6}));
  EXPECT_TRUE(view.intact());
  EXPECT_NO_THROW(view.check());
}

TEST_F(ReaderViewTest, AViewIsContiguousAcrossTheEndOfTheRing) {
  const auto capacity = static_cast<int>(r.info().items.capacity);
  append(capacity + 20);
  const View<int> view = r.view({capacity - 20, capacity + 20});
  const std::span<const int> span = view.span();
  ASSERT_EQ(span.size(), 40U);
  std::vector<int> expected(40);
  std::iota(expected.begin(), expected.end(), capacity - 20);
  EXPECT_TRUE(std::equal(span.begin(), span.end(), expected.begin()));
}

TEST_F(ReaderViewTest, AViewOfEverythingIsContiguousAtEveryPositionOfTheRing) {
  for (int turn = 0; turn < 300; ++turn) {
    append(7);
    const View<int> view = r.view({});
    ASSERT_EQ(view.size(), r.readable().size());
    auto expected = static_cast<int>(r.oldest());
    for (const int item : view.span()) ASSERT_EQ(item, expected++);
    ASSERT_TRUE(view.intact());
  }
}

TEST_F(ReaderViewTest, AViewWithAStepIsIterableButHasNoSpan) {
  append(10);
  const View<int> view = r.view({1, 10, 4});
  EXPECT_EQ(std::vector<int>(view.begin(), view.end()), (std::vector<int>{1, 5, 9}));
  EXPECT_EQ(view.end() - view.begin(), 3);
  EXPECT_EQ(view[2], 9);
  EXPECT_THROW(static_cast<void>(view.span()), InvalidArgument);
}

TEST_F(ReaderViewTest, AnOverwrittenViewIsNotIntact) {
  append(10);
  const View<int> view = r.view({2, 6});
  append(10000);
  EXPECT_FALSE(view.intact());
  try {
    view.check();
    FAIL();
  } catch (const OverlapsPast& error) {
    EXPECT_EQ(error.asked(), (IndexRange{2, 6}));
    EXPECT_EQ(error.readable(), r.readable());
  }
}

TEST_F(ReaderViewTest, AnEmptyViewIsAlwaysIntact) {
  append(10);
  const View<int> view = r.view({4, 4});
  append(10000);
  EXPECT_TRUE(view.empty());
  EXPECT_TRUE(view.intact());
}

TEST_F(ReaderViewTest, AViewOfUnreadableItemsThrowsAsASliceDoes) {
  append(10000);
  EXPECT_THROW(static_cast<void>(r.view({0, 5})), OverlapsPast);
  EXPECT_THROW(static_cast<void>(r.view({9999, 10001})), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(r.view({10, 5})), InvalidArgument);
}

TEST_F(ReaderViewTest, PeekViewDoesNotMoveTheCursorUntilSkip) {
  append(10);
  const View<int> view = r.peek_view(4);
  EXPECT_EQ(std::vector<int>(view.begin(), view.end()), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(r.cursor(), 0U);
  EXPECT_EQ(r.skip(4), Status::ok);
  EXPECT_EQ(r.cursor(), 4U);
  EXPECT_EQ(r.peek_view(100).size(), 6U);
  EXPECT_EQ(r.skip(6), Status::ok);
  EXPECT_TRUE(r.peek_view(100).empty());
  EXPECT_EQ(r.skip(0), Status::ok);
}

TEST_F(ReaderViewTest, SkippingAnOverwrittenPeekViewIsALoss) {
  append(10);
  EXPECT_EQ(r.peek_view(4).size(), 4U);
  append(10000);
  EXPECT_EQ(r.skip(4), Status::lost);
  EXPECT_EQ(r.last_lost().begin, 0U);
  EXPECT_EQ(r.cursor(), r.last_lost().end);
  EXPECT_GE(r.cursor(), r.oldest());
}

TEST_F(ReaderViewTest, SkippingMoreItemsThanAreThereIsRefused) {
  append(3);
  EXPECT_THROW(static_cast<void>(r.skip(4)), InvalidArgument);
  EXPECT_EQ(r.cursor(), 0U);
}

TEST_F(ReaderViewTest, PeekViewOfACursorAheadOfTheStreamIsEmpty) {
  append(3);
  r.seek(10);
  EXPECT_TRUE(r.peek_view(5).empty());
}

TEST_F(ReaderViewTest, ARawViewShowsTheSameItems) {
  append(10);
  RawReader raw("numbers", Start::oldest());
  const RawView view = raw.view({2, 6});
  EXPECT_EQ(view.size(), 4U);
  EXPECT_EQ(view.bytes().size(), 4 * sizeof(int));
  int item = 0;
  std::copy_n(view.at(3), sizeof item, reinterpret_cast<std::byte*>(&item));
  EXPECT_EQ(item, 5);
  EXPECT_TRUE(view.intact());
}

}  // namespace
}  // namespace shm
