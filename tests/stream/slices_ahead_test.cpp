// SPDX-License-Identifier: Apache-2.0

// Slices of items that are not published yet, with a timeout.
#include <gtest/gtest.h>

#include <thread>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using Items = std::vector<int>;

class ReaderSliceAheadTest : public ::testing::Test {
 protected:
  ReaderSliceAheadTest() {
    for (int i = 0; i < 10; ++i) out.append(i);
  }
  /// Appends from another thread once `r` sleeps, or after a short time.
  template <class Ask>
  auto while_the_writer_goes_on_to(int end, Ask ask) {
    std::thread writer([&] {
      while (static_cast<int>(out.inserted()) < end) {
        out.append(static_cast<int>(out.inserted()));
        std::this_thread::yield();
      }
    });
    auto items = ask();
    writer.join();
    return items;
  }

  test::TestDirectory directory;
  Writer<int> out{"numbers", {.history = 64}};
  Reader<int> r{"numbers", Start::oldest(), {.waiting = WaitStrategy::sleep()}};
};

TEST_F(ReaderSliceAheadTest, ASliceWaitsUntilItsItemsArePublished) {
  const Items items = while_the_writer_goes_on_to(20, [&] { return r.slice({8, 14}, 30s); });
  EXPECT_EQ(items, (Items{8, 9, 10, 11, 12, 13}));
}

TEST_F(ReaderSliceAheadTest, AnIndexWaitsUntilItsItemIsPublished) {
  EXPECT_EQ(while_the_writer_goes_on_to(20, [&] { return r.item(15, 30s); }), 15);
}

TEST_F(ReaderSliceAheadTest, AViewWaitsUntilItsItemsArePublished) {
  const auto view = while_the_writer_goes_on_to(20, [&] { return r.view({8, 14}, 30s); });
  EXPECT_EQ(Items(view.begin(), view.end()), (Items{8, 9, 10, 11, 12, 13}));
  EXPECT_TRUE(view.intact());
}

TEST_F(ReaderSliceAheadTest, AReadableSliceDoesNotWait) { EXPECT_EQ(r.slice({2, 4}, 30s), (Items{2, 3})); }

TEST_F(ReaderSliceAheadTest, ASliceTimesOut) {
  EXPECT_THROW(static_cast<void>(r.slice({8, 14}, 1ms)), TimedOut);
  EXPECT_THROW(static_cast<void>(r.item(10, 1ms)), TimedOut);
  EXPECT_EQ(r.cursor(), 0U);
}

TEST_F(ReaderSliceAheadTest, ASliceAheadThrowsOverlapsFutureWithoutAWait) {
  EXPECT_THROW(static_cast<void>(r.slice({8, 14})), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(r.slice({8, 14}, Deadline::now())), OverlapsFuture);
}

TEST_F(ReaderSliceAheadTest, ASliceLargerThanTheHistoryIsRefusedAtOnce) {
  EXPECT_THROW(static_cast<void>(r.slice({0, 65}, Deadline::never())), InvalidArgument);
  EXPECT_THROW(static_cast<void>(r.slice({1'000'000, 2'000'000}, Deadline::never())), InvalidArgument);
  EXPECT_THROW(static_cast<void>(r.view({0, 65}, Deadline::never())), InvalidArgument);
  EXPECT_EQ(r.cursor(), 0U);
  EXPECT_EQ(r.next(0ms).item, 0);
}

TEST_F(ReaderSliceAheadTest, ASliceAsLargeAsTheHistoryIsTaken) {
  const Items items = while_the_writer_goes_on_to(80, [&] { return r.slice({10, 74}, 30s); });
  EXPECT_EQ(items.size(), 64U);
}

TEST_F(ReaderSliceAheadTest, ASliceBeyondTheEndThrowsEnded) {
  out.close();
  EXPECT_THROW(static_cast<void>(r.slice({8, 14}, Deadline::never())), Ended);
  EXPECT_THROW(static_cast<void>(r.item(10, Deadline::never())), Ended);
  EXPECT_EQ(r.slice({8, 10}, Deadline::never()), (Items{8, 9}));
}

TEST_F(ReaderSliceAheadTest, ASliceIsInterrupted) {
  Interrupt interrupt;
  Reader<int> reader("numbers", Start::oldest(), {.interrupt = &interrupt});
  interrupt.trigger();
  EXPECT_THROW(static_cast<void>(reader.slice({8, 14}, Deadline::never())), Interrupted);
}

TEST_F(ReaderSliceAheadTest, ASliceThatBeginsTooEarlyThrowsOverlapsPastWithoutWaiting) {
  for (int i = 10; i < 5000; ++i) out.append(i);
  EXPECT_THROW(static_cast<void>(r.slice({0, 5001}, Deadline::never())), OverlapsPast);
}

}  // namespace
}  // namespace shm
