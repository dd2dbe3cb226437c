// SPDX-License-Identifier: Apache-2.0

// Writers of records that are killed at any point, and readers in other processes.
#include <random>

#include "stream/record_stream.hpp"
#include "support/process.hpp"
#include "support/require.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t largest = 20'000;

class KilledRecordWriterTest : public test::RecordStream {
 protected:
  [[nodiscard]] static StreamOptions options() {
    return test::with_records({.history_bytes = 60'000, .max_record_bytes = largest}, 200);
  }
  /// Appends in every way there is, until it is killed.
  [[nodiscard]] static int append_for_ever() {
    RecordWriter out("records", options());
    for (;;) {
      const Index index = out.inserted();
      const std::size_t size = test::checked_size(index, largest);
      if (index % 3 == 0) {
        test::fill_record(out.claim(largest).first(size), index);
        out.publish(size);
      } else {
        out.append(test::checked_record(index, size));
      }
    }
  }
  /// Reads to the end, or up to a number of records; all must be whole and in order.
  [[nodiscard]] static int follow(RecordReader& in, Index until) {
    Record record;
    Index next = in.cursor();
    while (in.cursor() < until) {
      const Status status = in.read(record, 20s);
      if (status == Status::lost) {
        next = in.cursor();
        continue;
      }
      SHM_REQUIRE(status == Status::ok);
      SHM_REQUIRE(record.index == next);
      SHM_REQUIRE(test::is_record(record.bytes, record.index, largest));
      ++next;
    }
    return 0;
  }
};

TEST_F(KilledRecordWriterTest, LeavesAStreamThatTheNextWriterContinues) {
  std::mt19937_64 random(7);  // for each writer's records; the kernel decides where it dies
  { RecordWriter("records", options()).detach(); }
  RecordReader in("records", Start::oldest(), {.waiting = WaitStrategy::sleep()});
  for (int death = 0; death < test::turns(200); ++death) {
    const Index until = in.inserted() + 1 + random() % 500;
    test::Process writer([] { return append_for_ever(); });
    ASSERT_EQ(follow(in, until), 0);
    writer.signal(SIGKILL);
    writer.wait();
    ASSERT_EQ(follow(in, in.inserted()), 0);
    for (Index index = in.oldest(); index < in.inserted(); ++index) {
      const Record record = in.record(static_cast<std::int64_t>(index));
      ASSERT_TRUE(test::is_record(record.bytes, index, largest)) << index << " after death " << death;
    }
    ASSERT_GT(in.inserted(), in.oldest());
  }
}

TEST_F(KilledRecordWriterTest, OtherProcessesReadRecordsWhileTheyAreWritten) {
  RecordWriter out("records", options());
  const Index until = static_cast<Index>(test::turns(50'000));
  const auto read = [until](std::chrono::microseconds pause) {
    RecordReader in("records", Start::oldest());
    while (in.cursor() < until) {
      const int wrong = follow(in, std::min(until, in.cursor() + 100));
      if (wrong != 0) return wrong;
      std::this_thread::sleep_for(pause);  // hence the writer laps it
    }
    return 0;
  };
  test::Process fast([read] { return read(0us); });
  test::Process slow([read] { return read(2000us); });
  while (out.readers().size() < 2) std::this_thread::sleep_for(1ms);
  while (out.inserted() < until) {
    const Index index = out.inserted();
    out.append(test::checked_record(index, test::checked_size(index, largest)));
  }
  for (test::Process* process : {&fast, &slow}) {
    const test::Finished finished = process->wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
  }
}

}  // namespace
}  // namespace shm
