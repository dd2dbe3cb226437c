// SPDX-License-Identifier: Apache-2.0

// A source in one process, its readers in others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "shm/source/source.hpp"
#include "shm/storage/catalog.hpp"
#include "support/counter_source.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;

class SourceProcessTest : public ::testing::Test {
 protected:
  /// A process that has the source, until it is killed.
  struct Producer : Process {
    explicit Producer(const std::function<void(test::SourceRecord&)>& prepare = {},
                      Demand::Policy policy = {})
        : Process([=] {
            test::SourceRecord record;
            if (prepare) prepare(record);
            const auto buffer =
                make_source<test::CounterSource>("demo/count", record).stream_buffer({}, policy);
            ::pause();
            return 0;
          }) {}
  };
  static Reader<int> make_reader() { return {"demo/count", Start::next(), {.wait_for_stream = 30s}}; }
  /// A process that enters, reads, and stays entered until it is killed.
  static int enter_and_stay() {
    Reader<int> reader = make_reader();
    reader.enter(30s);
    static_cast<void>(reader());
    ::pause();
    return 0;
  }
  static layout::SourceState source() { return stream_info("demo/count").source.state; }

  test::TestDirectory directory;
};

// "Multireader context management" of stream2py's design notes, line by line, with `src` in another process.
TEST_F(SourceProcessTest, WorksAsTheExampleOfTheDesignNotes) {
  const Producer producer;              // src = Source(**s)
  Reader<int> reader1 = make_reader();  // reader1 = src.mk_reader()
  Reader<int> reader2 = make_reader();  // reader2 = src.mk_reader()
  const auto src_is_started = [&] { return reader1.source_is_started(); };

  ASSERT_FALSE(src_is_started());  // assert not src.is_started

  {
    Entered with(reader1, 30s);      // with reader1:
    ASSERT_TRUE(src_is_started());   //     assert src.is_started
    EXPECT_EQ(reader1(), 0);         //     reader1  # it's a cursor func
    EXPECT_EQ(*reader1.begin(), 1);  //     next(reader1)  # it's an iterator
    ASSERT_EQ(reader1.wait_for(4, 30s), Status::ok);
    EXPECT_EQ((reader1[{1, 4}]), (std::vector<int>{1, 2, 3}));  // reader1[1:4]  # it's sliceable!
    reader2.enter(30s);                                         //     reader2.enter()
    EXPECT_EQ(reader2(), 0);                                    //     next(reader2)
  }

  ASSERT_TRUE(src_is_started());   // assert src.is_started
  reader2.exit();                  // reader2.exit()
  ASSERT_FALSE(src_is_started());  // assert not src.is_started
  EXPECT_EQ(source(), layout::SourceState::stopped);
}

TEST_F(SourceProcessTest, RunsUntilTheReadersInBothProcessesHaveExited) {
  const Producer producer;
  Process other(enter_and_stay);
  Reader<int> mine = make_reader();
  mine.enter(30s);
  ASSERT_TRUE(eventually([&] {
    const auto readers = stream_readers("demo/count");
    return readers.size() == 2 && readers[0].entered && readers[1].entered;
  }));
  mine.exit();
  EXPECT_TRUE(mine.source_is_started());
  other.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !mine.source_is_started(); }));
  mine.enter(30s);
  EXPECT_TRUE(mine.source_is_started());
}

TEST_F(SourceProcessTest, AReaderMayAttachBeforeTheProducer) {
  Process reader([] {
    Reader<int> mine = make_reader();
    mine.enter(30s);
    for (int i = 0; i < 10; ++i) {
      if (mine() != i) return 1;
    }
    return 0;
  });
  const Producer producer;
  EXPECT_EQ(reader.wait().exit_code, 0);
}

TEST_F(SourceProcessTest, TheReaderGetsTheTextOfAFailureAndMayTryAgain) {
  const Producer producer([](test::SourceRecord& record) { record.failures_to_open = 1; });
  Reader<int> reader = make_reader();
  try {
    reader.enter(30s);
    FAIL();
  } catch (const SourceFailed& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("the plug is pulled"));
  }
  EXPECT_EQ(source(), layout::SourceState::failed);
  EXPECT_EQ(stream_info("demo/count").source.error, "the plug is pulled");
  reader.enter(30s);
  EXPECT_TRUE(reader.source_is_started());
  EXPECT_EQ(reader(), 0);
}

TEST_F(SourceProcessTest, ASourceThatIsExhaustedEndsTheStreamEverywhere) {
  const Producer producer([](test::SourceRecord& record) { record.most = 5; });
  Reader<int> reader = make_reader();
  reader.enter(30s);
  int items = 0;
  for (const int item : reader) EXPECT_EQ(item, items++);
  EXPECT_EQ(items, 5);
}

TEST_F(SourceProcessTest, ARestartedProducerStartsItsSourceForEnteredReaders) {
  auto first = std::make_unique<Producer>();
  Reader<int> reader = make_reader();
  reader.enter(30s);
  static_cast<void>(reader());
  first->signal(SIGKILL);
  first->wait();
  EXPECT_TRUE(reader.is_entered());
  while (reader.try_next()) {
  }
  const Index before = reader.inserted();
  EXPECT_EQ(reader.cursor(), before);
  EXPECT_EQ(reader.writer_state(), WriterState::lost);

  const Producer second;
  const auto next = reader.next(30s);
  EXPECT_EQ(next.status, Status::ok);
  EXPECT_EQ(*next, 0);  // the new source counts from 0; the indices continue
  EXPECT_EQ(reader.cursor(), before + 1);
  EXPECT_TRUE(reader.source_is_started());
  EXPECT_EQ(reader.lost_items(), 0U);
  reader.exit();
  EXPECT_FALSE(reader.source_is_started());
}

TEST_F(SourceProcessTest, ASourceThatRunsAlwaysNeedsNoReader) {
  const Producer producer({}, {.always = true});
  Reader<int> reader = make_reader();
  EXPECT_EQ(reader.next(30s).status, Status::ok);
  EXPECT_FALSE(reader.is_entered());
}

}  // namespace
}  // namespace shm
