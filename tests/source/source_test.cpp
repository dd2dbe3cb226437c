// SPDX-License-Identifier: Apache-2.0

// A source that runs while readers are entered.
#include "shm/source/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/counter_source.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::CounterSource;
using test::eventually;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class SourceTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto make() { return make_source<CounterSource>("demo/count", record); }
  test::TestDirectory directory;
  test::SourceRecord record;
};

// "Multireader context management" of stream2py's design notes, line by line.
TEST_F(SourceTest, WorksAsTheExampleOfTheDesignNotes) {
  auto src = make();                        // src = Source(**s)
  Reader<int> reader1 = src.make_reader();  // reader1 = src.mk_reader()
  Reader<int> reader2 = src.make_reader();  // reader2 = src.mk_reader()

  static_assert(std::ranges::input_range<Reader<int>>);     // assert isinstance(reader1, Iterator)
  static_assert(std::is_invocable_r_v<int, Reader<int>&>);  // assert isinstance(reader1, CursorFunc)

  ASSERT_FALSE(src.is_started());  // assert not src.is_started

  {
    Entered with(reader1);           // with reader1:
    ASSERT_TRUE(src.is_started());   //     assert src.is_started
    EXPECT_EQ(reader1(), 0);         //     reader1  # it's a cursor func
    EXPECT_EQ(*reader1.begin(), 1);  //     next(reader1)  # it's an iterator
    ASSERT_EQ(reader1.wait_for(4), Status::ok);
    EXPECT_EQ((reader1[{1, 4}]), (std::vector<int>{1, 2, 3}));  // reader1[1:4]  # it's sliceable!
    reader2.enter();                                            //     reader2.enter()
    EXPECT_EQ(reader2(), 0);                                    //     next(reader2)
  }

  ASSERT_TRUE(src.is_started());   // assert src.is_started
  reader2.exit();                  // reader2.exit()
  ASSERT_FALSE(src.is_started());  // assert not src.is_started
  EXPECT_EQ(record.opens.load(), 1);
  EXPECT_EQ(record.closes.load(), 1);
}

TEST_F(SourceTest, IsNotStartedByAReaderThatOnlyAttaches) {
  auto src = make();
  Reader<int> reader = src.make_reader();
  EXPECT_EQ(reader.next(5ms).status, Status::timed_out);
  EXPECT_FALSE(src.is_started());
  EXPECT_FALSE(reader.is_entered());
  EXPECT_EQ(record.opens.load(), 0);
  EXPECT_EQ(reader.info().source.state, layout::SourceState::stopped);
}

TEST_F(SourceTest, IsStartedOnceForManyReaders) {
  auto src = make();
  std::vector<Reader<int>> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(src.make_reader());
    readers.back().enter();
    EXPECT_TRUE(readers.back().is_entered());
    EXPECT_TRUE(readers.back().source_is_started());
  }
  EXPECT_EQ(record.opens.load(), 1);
  for (int i = 0; i < 4; ++i) readers[static_cast<std::size_t>(i)].exit();
  EXPECT_TRUE(src.is_started());
  readers[4].exit();
  EXPECT_FALSE(src.is_started());
  EXPECT_FALSE(readers[4].source_is_started());
}

TEST_F(SourceTest, CountsAReaderThatEntersOrExitsTwiceOnce) {
  auto src = make();
  Reader<int> one = src.make_reader();
  Reader<int> two = src.make_reader();
  one.enter();
  one.enter();
  two.enter();
  two.exit();
  two.exit();
  EXPECT_TRUE(src.is_started());
  one.exit();
  EXPECT_FALSE(src.is_started());
  one.exit();
  EXPECT_FALSE(src.is_started());
  EXPECT_EQ(record.opens.load(), 1);
}

TEST_F(SourceTest, StartsAgainAfterTheLastExit) {
  auto src = make();
  Reader<int> reader = src.make_reader();
  int last = -1;
  for (int turn = 1; turn <= 3; ++turn) {
    const Entered scope(reader);
    EXPECT_EQ(record.opens.load(), turn);
    const int item = reader();
    EXPECT_EQ(item, last + 1);
    last = item;
  }
  EXPECT_EQ(record.closes.load(), 3);
}

TEST_F(SourceTest, TreatsADestroyedReaderAsExited) {
  auto src = make();
  {
    Reader<int> reader = src.make_reader();
    reader.enter();
    EXPECT_TRUE(src.is_started());
  }
  EXPECT_TRUE(eventually([&] { return !src.is_started(); }));
}

TEST_F(SourceTest, SharesSourceAndBufferBetweenItsReaders) {
  auto src = make();
  Reader<int> one = src.make_reader(Start::oldest());
  Reader<int> two = src.make_reader(Start::oldest());
  const Entered scope(one);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(one(), i);
    ASSERT_EQ(two(), i);  // a reader that has not entered reads all the same
  }
}

TEST_F(SourceTest, AForkHasNotEntered) {
  auto src = make();
  Reader<int> one = src.make_reader();
  one.enter();
  static_cast<void>(one());
  Reader<int> two = one.fork();
  EXPECT_EQ(two.cursor(), one.cursor());
  EXPECT_FALSE(two.is_entered());
  one.exit();
  EXPECT_FALSE(src.is_started());
  two.enter();
  EXPECT_TRUE(src.is_started());
  EXPECT_EQ(two(), 1);
}

// --- failure ---

TEST_F(SourceTest, EnterThrowsTheReasonOfAFailureAndCanBeTriedAgain) {
  record.failures_to_open = 2;
  auto src = make();
  Reader<int> reader = src.make_reader();
  for (int turn = 0; turn < 2; ++turn) {
    try {
      reader.enter();
      FAIL();
    } catch (const SourceFailed& error) {
      EXPECT_THAT(error.what(), HasSubstr("the plug is pulled"));
    }
    EXPECT_FALSE(reader.is_entered());
    EXPECT_FALSE(src.is_started());
    EXPECT_EQ(reader.info().source.state, layout::SourceState::failed);
    EXPECT_EQ(reader.info().source.error, "the plug is pulled");
  }
  reader.enter();
  EXPECT_TRUE(src.is_started());
  EXPECT_EQ(reader(), 0);
  EXPECT_EQ(reader.info().source.state, layout::SourceState::running);
  EXPECT_EQ(reader.info().source.error, "");
}

TEST_F(SourceTest, AFailedSourceIsNotRetried) {
  record.failures_to_open = 1;
  auto src = make();
  Reader<int> reader = src.make_reader();
  EXPECT_THROW(reader.enter(), SourceFailed);
  EXPECT_EQ(reader.next(400ms).status, Status::timed_out);  // longer than the interval of its looks
  EXPECT_EQ(record.opens.load(), 0);
}

TEST_F(SourceTest, ASourceThatFailsWhileItRunsIsClosedAndReportsTheReason) {
  auto src = make();
  Reader<int> reader = src.make_reader();
  reader.enter();
  static_cast<void>(reader());
  record.fails_to_read = true;
  ASSERT_TRUE(eventually([&] { return !src.is_started(); }));
  ASSERT_TRUE(eventually([&] { return reader.info().source.state == layout::SourceState::failed; }));
  EXPECT_EQ(reader.info().source.error, "the cable broke");
  EXPECT_EQ(record.closes.load(), 1);
  record.fails_to_read = false;
  reader.exit();
  reader.enter();
  EXPECT_TRUE(src.is_started());
  EXPECT_EQ(record.opens.load(), 2);
}

struct Thrower : Source<int> {
  void open() override { throw 42; }
  bool read(Writer<int>&) override { return false; }
  void close() noexcept override {}
};

TEST_F(SourceTest, ASourceFailsIfItThrowsNoStdException) {
  auto src = make_source<Thrower>("demo/thrower");
  Reader<int> reader = src.make_reader();
  EXPECT_THROW(reader.enter(), SourceFailed);
  EXPECT_THROW(src.start(), SourceFailed);
}

TEST_F(SourceTest, AnExhaustedSourceEndsTheStream) {
  record.most = 5;
  auto src = make();
  Reader<int> reader = src.make_reader();
  reader.enter();
  std::vector<int> items;
  for (const int item : reader) items.push_back(item);
  EXPECT_EQ(items, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(eventually([&] { return !src.is_started(); }));
  EXPECT_EQ(record.closes.load(), 1);
  reader.exit();
  EXPECT_THROW(reader.enter(), Ended);
  EXPECT_THROW(src.start(), SourceFailed);
  src.stop();  // returns
}

// --- policies ---

TEST_F(SourceTest, RunsWithoutReadersWithThePolicyAlways) {
  const auto buffer = make().stream_buffer({}, {.always = true});
  EXPECT_TRUE(eventually([&] { return buffer.is_started(); }));
  Reader<int> reader = buffer.make_reader();
  reader.enter();
  reader.exit();
  EXPECT_TRUE(buffer.is_started());
  static_cast<void>(reader());
  EXPECT_EQ(record.opens.load(), 1);
}

TEST_F(SourceTest, RunsOnAfterTheLastExitWithThePolicyLinger) {
  const auto buffer = make().stream_buffer({}, {.linger = 300ms});
  Reader<int> reader = buffer.make_reader();
  reader.enter();
  const auto exited = Clock::now();
  reader.exit();
  EXPECT_LT(Clock::now() - exited, 300ms) << "waited for the linger to pass";
  EXPECT_TRUE(buffer.is_started());
  EXPECT_TRUE(eventually([&] { return !buffer.is_started(); }));
  EXPECT_GE(Clock::now() - exited, 300ms);
}

TEST_F(SourceTest, ALingeringSourceServesAReaderThatEnters) {
  const auto buffer = make().stream_buffer({}, {.linger = 1h});
  Reader<int> reader = buffer.make_reader();
  for (int turn = 0; turn < 3; ++turn) {
    reader.enter();
    reader.exit();
  }
  EXPECT_EQ(record.opens.load(), 1);
  EXPECT_TRUE(buffer.is_started());
}

}  // namespace
}  // namespace shm
