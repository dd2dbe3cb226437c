// SPDX-License-Identifier: Apache-2.0

// Processes that are killed while they write, sleep, or want a source.
#include <gtest/gtest.h>

#include <random>

#include "shm/layout/control_layout.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/source/source.hpp"
#include "support/checked_item.hpp"
#include "support/counter_source.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;
using Clock = std::chrono::steady_clock;

/// Appends in every way there is, until it is killed.
template <std::size_t Words>
int append_for_ever(const StreamOptions& options) {
  using Item = test::CheckedItem<Words>;
  Writer<Item> out("items", options);
  std::vector<Item> batch;
  for (std::uint64_t turn = 0;; ++turn) {
    const std::uint64_t count = turn % 3 == 0 ? 1 : 1 + turn % 50;  // a batch may be longer than a claim
    batch.clear();
    for (std::uint64_t i = 0; i < count; ++i) batch.push_back(test::checked_item<Words>(out.inserted() + i));
    if (count == 1) {
      out.append(batch[0]);
    } else if (turn % 3 == 1) {
      out.append(std::span<const Item>(batch));
    } else {
      const std::uint64_t claimed = std::min<std::uint64_t>(count, out.max_claim());
      const std::span<Item> slots = out.claim(out.max_claim());
      std::copy_n(batch.begin(), claimed, slots.begin());
      out.publish(claimed);
    }
  }
}

template <std::size_t Words>
class Killings {
 public:
  void run(int times) {
    std::mt19937_64 random(
        Words);  // seed for the items of each writer; the kernel decides where in an append it dies
    { Writer<test::CheckedItem<Words>>("items", options_).detach(); }
    Reader<test::CheckedItem<Words>> reader("items", Start::oldest(), {.waiting = WaitStrategy::sleep()});
    for (int death = 1; death <= times; ++death) {
      const Index until = reader.inserted() + 1 + random() % 5000;
      Process writer([this] { return append_for_ever<Words>(options_); });
      while (reader.cursor() < until) follow(reader, 10s);
      writer.signal(SIGKILL);
      ASSERT_EQ(writer.wait().signal, SIGKILL);
      // All published items are there, and are whole.
      while (reader.cursor() < reader.inserted()) follow(reader, 0s);
      if (::testing::Test::HasFailure()) return;
      ASSERT_EQ(reader.writer_state(), WriterState::lost);
      ASSERT_EQ(reader.info().writer.epoch, static_cast<std::uint64_t>(death) + 1);
    }
    EXPECT_EQ(read_ + reader.lost_items(), reader.inserted());
    EXPECT_GT(read_, 0U);
  }

 private:
  void follow(Reader<test::CheckedItem<Words>>& reader, Deadline deadline) {
    const auto next = reader.next(deadline);
    if (next.status == Status::lost) return;
    ASSERT_EQ(next.status, Status::ok);
    ASSERT_TRUE(test::is_item(*next, reader.cursor() - 1)) << "item " << reader.cursor() - 1;
    ++read_;
  }

  test::TestDirectory directory_;
  const StreamOptions options_{.history = 1000, .max_claim = 20};
  std::uint64_t read_ = 0;
};

TEST(KilledWriterTest, LosesNoSmallItem) { Killings<2>().run(test::turns(150)); }
TEST(KilledWriterTest, LosesNoItemOf64Bytes) { Killings<8>().run(test::turns(150)); }
TEST(KilledWriterTest, LosesNoLargeItem) { Killings<512>().run(test::turns(50)); }

class CrashTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::uint64_t wake_at() const {
    return test::peek_file<std::uint64_t>(directory.path() / "numbers.control",
                                          offsetof(layout::ControlHeader, wake_at));
  }
  [[nodiscard]] std::uint32_t wakes() const {
    return test::peek_file<std::uint32_t>(
        directory.path() / "numbers.stream",
        layout::live_state_offset + offsetof(layout::LiveState, wake_count));
  }
  test::TestDirectory directory;
};

TEST_F(CrashTest, AKilledWriterIsReportedIfItsLossIsAnError) {
  Process writer([] {
    Writer<int> out("numbers");
    out.append(1);
    ::pause();
    return 0;
  });
  Reader<int> reader(
      "numbers", Start::oldest(),
      {.waiting = WaitStrategy::sleep(), .writer_loss_is_error = true, .wait_for_stream = 30s});
  EXPECT_EQ(reader.next(30s).item, 1);
  writer.signal(SIGKILL);
  EXPECT_EQ(reader.next(30s).status, Status::writer_lost);
  EXPECT_THROW(reader(), WriterLost);
}

TEST_F(CrashTest, ReadersWaitThroughAKilledWriterByDefault) {
  const auto append_one = [](int item) {
    return [item] {
      Writer<int> out("numbers");
      out.append(item);
      ::pause();
      return 0;
    };
  };
  Process first(append_one(1));
  Reader<int> reader("numbers", Start::oldest(), {.wait_for_stream = 30s});
  EXPECT_EQ(reader.next(30s).item, 1);
  first.signal(SIGKILL);
  first.wait();
  EXPECT_EQ(reader.writer_state(), WriterState::lost);
  EXPECT_EQ(reader.next(150ms).status, Status::timed_out);
  Process second(append_one(2));
  EXPECT_EQ(reader.next(30s).item, 2);
  EXPECT_EQ(reader.writer_state(), WriterState::live);
}

TEST_F(CrashTest, ASleepingReaderThatIsKilledLeavesOneNeedlessWakeAtMost) {
  Writer<int> out("numbers");
  Process sleeper([] {
    Reader<int> reader("numbers", Start::next(), {.waiting = WaitStrategy::sleep()});
    return static_cast<int>(reader.wait_for(100));
  });
  ASSERT_TRUE(eventually([&] { return wake_at() == 99; }));
  sleeper.signal(SIGKILL);
  sleeper.wait();
  EXPECT_TRUE(out.readers().empty());
  const std::uint32_t before = wakes();
  for (int i = 0; i < 10'000; ++i) out.append(i);
  EXPECT_LE(wakes(), before + 1);
  EXPECT_EQ(wake_at(), layout::wake_nobody);
}

TEST_F(CrashTest, AKilledReaderFreesItsSlot) {
  const int deaths =
      test::with_address_sanitizer || test::with_thread_sanitizer ? 30 : 300;  // more than there are slots
  Writer<int> out("numbers");
  for (int death = 0; death < deaths; ++death) {
    Process child([] {
      Reader<int> reader("numbers", Start::oldest());
      return reader.is_listed() ? 0 : 1;  // ends without detaching
    });
    ASSERT_EQ(child.wait().exit_code, 0);
  }
  EXPECT_TRUE(out.readers().empty());
}

TEST_F(CrashTest, AKilledReaderThatEnteredExitsWithinASecond) {
  Process entered([] {  // fork first, while this process has one thread
    Reader<int> reader("numbers", Start::next(), {.wait_for_stream = 30s});
    reader.enter(30s);
    ::pause();
    return 0;
  });
  test::SourceRecord record;
  const auto buffer = make_source<test::CounterSource>("numbers", record).stream_buffer();
  ASSERT_TRUE(eventually([&] { return buffer.is_started(); }));
  entered.signal(SIGKILL);
  entered.wait();
  const auto killed = Clock::now();
  ASSERT_TRUE(eventually([&] { return !buffer.is_started(); }));
  EXPECT_LT(Clock::now() - killed, 1s);
  EXPECT_EQ(record.closes.load(), 1);
}

TEST_F(CrashTest, AStoppedReaderDoesNotHoldTheWriterBack) {
  Writer<int> out("numbers", {.history = 100});
  Process reader([] {
    Reader<int> mine("numbers", Start::oldest(), {.name = "stopped", .waiting = WaitStrategy::sleep()});
    while (mine.next(1s).status != Status::ended) {
    }
    return mine.lost_items() > 0 ? 0 : 1;
  });
  ASSERT_TRUE(eventually([&] { return out.readers().size() == 1; }));
  reader.signal(SIGSTOP);
  for (int i = 0; i < 100'000; ++i) out.append(i);  // returns
  EXPECT_EQ(out.readers()[0].name, "stopped");
  reader.signal(SIGCONT);
  ASSERT_TRUE(eventually([&] { return out.readers()[0].lost_items > 0; }));  // seen from outside
  out.close();
  EXPECT_EQ(reader.wait().exit_code, 0);
}

}  // namespace
}  // namespace shm
