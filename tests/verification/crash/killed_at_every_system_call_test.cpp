// SPDX-License-Identifier: Apache-2.0

// Processes that SIGKILL really kills, before and after every system call of their work with files. These tests
// include the kernel's part of a death: locks are released and mappings removed. (append_test.cpp, writer_test.cpp
// and reader_test.cpp test the memory at every instruction.)
#include <gtest/gtest.h>

#include <optional>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"
#include "verification/crash/stepped_process.hpp"

namespace shm {
namespace {

using test::begin_steps;
using test::end_steps;
using test::StepBy;
using test::SteppedProcess;
using State = test::SteppedProcess::State;
namespace fs = std::filesystem;

constexpr int most_steps = 100'000;

/// Kills the child after this number of steps; finished: the work has fewer steps.
State kill_after(int steps, const std::function<void()>& act) {
  SteppedProcess process(act);
  for (int step = 0; step < steps && process.state() == State::standing; ++step) {
    process.step(StepBy::system_call);
  }
  return process.state();
}

class KilledAtEverySystemCall : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }
  /// Calls `prepare` before each child, and `check` after each death.
  void of(const std::function<void()>& prepare, const std::function<void()>& act,
          const std::function<void(int)>& check) {
    State state = State::standing;
    int steps = 0;
    for (; state == State::standing && steps < most_steps; ++steps) {
      prepare();
      state = kill_after(steps, act);
      ASSERT_NE(state, State::failed) << "at step " << steps;
      SCOPED_TRACE(testing::Message() << "at step " << steps);
      check(steps);
      if (::testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(state, State::finished);
    EXPECT_GT(steps, 5);
  }
  void clear() {
    for (const auto& entry : fs::directory_iterator(directory.path())) fs::remove_all(entry.path());
  }
  static void leave(int items, const StreamOptions& options = {.history = 50}) {
    Writer<int> out("deep/numbers", options);
    for (; items > 0; --items) out.append(static_cast<int>(out.inserted()));
    out.detach();
  }
  /// Checks that the stream can be written and read, and that each item is its own index.
  static void expect_to_work(Index at_least, const StreamOptions& options) {
    Writer<int> out("deep/numbers", options);
    ASSERT_GE(out.inserted(), at_least);
    out.append(static_cast<int>(out.inserted()));
    Reader<int> reader("deep/numbers", Start::oldest());
    ASSERT_TRUE(reader.is_listed());
    const Index end = reader.inserted();
    while (reader.cursor() < end) {
      const auto expected = static_cast<int>(reader.cursor());
      ASSERT_EQ(reader.try_next().item, expected);
    }
    out.detach();
  }

  test::TestDirectory directory;
  const StreamOptions options{.history = 50};
};

TEST_F(KilledAtEverySystemCall, ACreatorNeverLeavesAHalfMadeStream) {
  of([&] { clear(); },
     [&] {
       begin_steps();
       Writer<int> out("deep/numbers", options);
       end_steps();
       out.detach();
     },
     [&](int) {
       for (const std::string& name : list_streams()) {
         Reader<int> reader(name, Start::oldest());
         ASSERT_EQ(reader.try_next().status, Status::not_yet);
         ASSERT_EQ(reader.history(), 50U);
       }
       expect_to_work(0, options);
     });
}

TEST_F(KilledAtEverySystemCall, AWriterThatTakesOverLeavesTheStreamToTheNextWriter) {
  of([&] { leave(3); },
     [&] {
       begin_steps();
       Writer<int> out("deep/numbers", options);
       end_steps();
       out.detach();
     },
     [&](int step) { expect_to_work(static_cast<Index>(3 * (step + 1)), options); });
}

TEST_F(KilledAtEverySystemCall, AWriterThatReplacesAStreamNeverLosesTheIndices) {
  const StreamOptions other{.history = 70};
  std::optional<Reader<int>> reader;
  of(
      [&] {
        clear();
        leave(200);
        reader.emplace("deep/numbers", Start::at(190));
      },
      [&] {
        begin_steps();
        Writer<int> out("deep/numbers", other);
        end_steps();
        out.detach();
      },
      [&](int) {
        for (int i = 190; i < 200; ++i) ASSERT_EQ(reader->next().item, i);
        expect_to_work(200, other);
        // The stream was replaced, by the killed writer or by the next one. So the old stream has ended.
        ASSERT_EQ(reader->try_next().status == Status::ended || reader->writer_state() == WriterState::ended,
                  true);
      });
}

TEST_F(KilledAtEverySystemCall, AWriterThatClosesLeavesNoReaderWaitingForever) {
  std::optional<Reader<int>> reader;
  of(
      [&] {
        clear();
        leave(3);
        reader.emplace("deep/numbers", Start::next());
      },
      [&] {
        Writer<int> out("deep/numbers", options);
        begin_steps();
        out.close();
        end_steps();
      },
      [&](int) {
        const bool there = !list_streams().empty();
        // The stream has ended; or it is left to the next writer, and then still has its name.
        ASSERT_EQ(reader->writer_state(), there ? WriterState::lost : WriterState::ended);
        ASSERT_EQ(reader->next(std::chrono::milliseconds(there ? 0 : 10'000)).status,
                  there ? Status::timed_out : Status::ended);
        expect_to_work(0, options);
      });
}

TEST_F(KilledAtEverySystemCall, AReaderLeavesNothingToCleanUp) {
  leave(3);
  Writer<int> out("deep/numbers", options);
  of([] {},
     [&] {
       begin_steps();
       {
         Reader<int> reader("deep/numbers", Start::oldest(), {.waiting = WaitStrategy::sleep()});
         reader.enter();
         static_cast<void>(reader.wait_for(1'000'000, std::chrono::milliseconds(1)));
         reader.exit();
       }
       end_steps();
     },
     [&](int) {
       ASSERT_TRUE(out.readers().empty());
       out.append(static_cast<int>(out.inserted()));
       Reader<int> reader("deep/numbers", Start::newest());
       ASSERT_TRUE(reader.is_listed());
       ASSERT_EQ(out.readers().size(), 1U);
       ASSERT_FALSE(out.readers()[0].entered);
       ASSERT_TRUE(reader.try_next());
     });
}

// --- lossless streams ---

class LosslessKilledAtEverySystemCall : public KilledAtEverySystemCall {
 protected:
  [[nodiscard]] static StreamOptions lossless(WhenFull when_full, std::chrono::nanoseconds patience) {
    return {.history = 50,
            .lossless = LosslessOptions{
                .when_full = when_full, .patience = patience, .waiting = WaitStrategy::sleep()}};
  }
  [[nodiscard]] static Reader<int> keeper() {
    return Reader<int>("deep/numbers", Start::oldest(),
                       {.lossless = Acknowledge::with_read, .wait_for_stream = std::chrono::seconds(10)});
  }
  static bool append(Writer<int>& out) { return out.append(static_cast<int>(out.inserted())); }
};

TEST_F(LosslessKilledAtEverySystemCall, ABlockedWriterTakesNothingFromItsReaders) {
  using namespace std::chrono_literals;
  const StreamOptions drops = lossless(WhenFull::drop, 0ns);
  leave(1, drops);
  Reader<int> reader = keeper();
  {
    Writer<int> out("deep/numbers", drops);
    while (append(out)) {
    }
    out.detach();
  }
  of([] {},
     [&] {
       begin_steps();
       {
         Writer<int> out("deep/numbers", lossless(WhenFull::wait, 25ms));
         EXPECT_THROW(append(out), RingFull);
         out.detach();
       }
       end_steps();
     },
     [&](int) {
       ASSERT_TRUE(reader.is_lossless());
       for (Index i = reader.acknowledged(); i < reader.inserted(); ++i) {
         ASSERT_EQ(reader[static_cast<std::int64_t>(i)], static_cast<int>(i));
       }
       Writer<int> next("deep/numbers", drops);
       ASSERT_FALSE(append(next));
       next.detach();
     });
}

TEST_F(LosslessKilledAtEverySystemCall, AWriterContinuesAfterTheDeathOfAReaderThatWakesIt) {
  using namespace std::chrono_literals;
  const test::Process writer([] {
    Writer<int> out("deep/numbers", lossless(WhenFull::wait, 60s));
    for (;;) append(out);
    return 0;
  });
  Reader<int> reader = keeper();
  of([] {},
     [&] {
       begin_steps();
       {
         Reader<int> mine = keeper();
         mine.raw().acknowledge(mine.inserted());  // the stream is full: the writer sleeps
       }
       end_steps();
     },
     [&](int) {
       // Read around the ring, until the ring is full again.
       const Index end = reader.cursor() + 2 * reader.info().items.capacity;
       while (reader.cursor() < end) {
         const auto expected = static_cast<int>(reader.cursor());
         ASSERT_EQ(reader.next(10s).item, expected);
       }
       ASSERT_EQ(reader.lost_items(), 0U);
     });
}

}  // namespace
}  // namespace shm
