// A writer killed at every instruction of an append, and processes killed at every system call of what they
// do with files: whatever is left, readers read on and the next writer continues.
#include <gtest/gtest.h>

#include "process/stepped_child.hpp"
#include "shm/reader.hpp"
#include "shm/streams.hpp"
#include "shm/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using test::begin_steps;
using test::end_steps;
using test::kill_after;
using test::Outcome;
using test::StepBy;
namespace fs = std::filesystem;

constexpr int most_steps = 100'000;

template <std::size_t Words>
class Kill {
 public:
  using Item = test::CheckedItem<Words>;

  /// The child takes the stream over, and appends `batch` items, at every instruction of which it is killed.
  void at_every_instruction_of_appending(std::size_t batch) {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
    {
      Writer<Item> first("items", options_);
      append(first, 100);
      first.leave();
    }
    Reader<Item> reader("items", Start::oldest());
    Outcome outcome = Outcome::killed;
    int deaths = 0;
    for (int steps = 0; outcome == Outcome::killed && steps < most_steps; ++steps) {
      const Index before = reader.inserted();
      outcome = kill_after(steps, StepBy::instruction, [&] {
        Writer<Item> out("items", options_);
        std::vector<Item> items;
        for (Index i = 0; i < batch; ++i) items.push_back(test::checked_item<Words>(before + i));
        begin_steps();
        if (batch == 1) {
          out.append(items[0]);
        } else {
          out.append(std::span<const Item>(items));
        }
        end_steps();
      });
      ASSERT_NE(outcome, Outcome::failed) << "at step " << steps;
      ++deaths;
      // All of the append, or nothing of it.
      const Index after = reader.inserted();
      ASSERT_TRUE(after == before || after == before + batch) << after - before << " items at step " << steps;
      follow(reader);
      if (steps % 16 == 0) continue_with_another_writer(reader);
    }
    EXPECT_EQ(outcome, Outcome::finished);
    EXPECT_GT(deaths, 20);
    EXPECT_EQ(reader.lost_items(), 0U);
  }

 private:
  static void append(Writer<Item>& out, int count) {
    for (; count > 0; --count) out.append(test::checked_item<Words>(out.inserted()));
  }
  void follow(Reader<Item>& reader) {
    for (;;) {
      const Index at = reader.cursor();
      const auto next = reader.try_next();
      if (next.status == Status::not_yet) return;
      ASSERT_EQ(next.status, Status::ok);
      ASSERT_TRUE(test::is_item(*next, at));
    }
  }
  void continue_with_another_writer(Reader<Item>& reader) {
    const Index before = reader.inserted();
    Writer<Item> next("items", options_);
    ASSERT_EQ(next.inserted(), before);
    append(next, 3);
    next.leave();
    follow(reader);
    ASSERT_EQ(reader.cursor(), before + 3);
    // All of the history is still there, and is what it was.
    const Index n = reader.inserted();
    const std::vector<Item> items = reader[{-static_cast<std::int64_t>(options_.history), {}}];
    for (std::size_t i = 0; i < items.size(); ++i) ASSERT_TRUE(test::is_item(items[i], n - items.size() + i));
  }

  test::TestDirectory directory_;
  const StreamOptions options_{.history = 32, .max_claim = 8};
};

TEST(AWriterKilledAtEveryInstruction, OfAppendingASmallItemLosesNothing) {
  Kill<2>().at_every_instruction_of_appending(1);
}
TEST(AWriterKilledAtEveryInstruction, OfAppendingALargeItemLosesNothing) {
  Kill<16>().at_every_instruction_of_appending(1);
}
TEST(AWriterKilledAtEveryInstruction, OfAppendingABatchLosesNothing) {
  Kill<6>().at_every_instruction_of_appending(5);
}

class KilledAtEverySystemCall : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }
  /// `prepare` before each child; `check` after each death.
  void of(const std::function<void()>& prepare, const std::function<void()>& act,
          const std::function<void(int)>& check) {
    Outcome outcome = Outcome::killed;
    int steps = 0;
    for (; outcome == Outcome::killed && steps < most_steps; ++steps) {
      prepare();
      outcome = kill_after(steps, StepBy::system_call, act);
      ASSERT_NE(outcome, Outcome::failed) << "at step " << steps;
      SCOPED_TRACE(testing::Message() << "at step " << steps);
      check(steps);
      if (::testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(outcome, Outcome::finished);
    EXPECT_GT(steps, 5);
  }
  void clear() {
    for (const auto& entry : fs::directory_iterator(directory.path())) fs::remove_all(entry.path());
  }
  static void leave(int items, const StreamOptions& options = {.history = 50}) {
    Writer<int> out("deep/numbers", options);
    for (; items > 0; --items) out.append(static_cast<int>(out.inserted()));
    out.leave();
  }
  /// The stream can be written and read, and its items are their indices.
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
    out.leave();
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
       out.leave();
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

TEST_F(KilledAtEverySystemCall, AWriterThatTakesOverLeavesTheStreamToTheNext) {
  of([&] { leave(3); },
     [&] {
       begin_steps();
       Writer<int> out("deep/numbers", options);
       end_steps();
       out.leave();
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
        out.leave();
      },
      [&](int) {
        for (int i = 190; i < 200; ++i) ASSERT_EQ(reader->next().item, i);
        expect_to_work(200, other);
        // Whether or not the killed one got so far: it was replaced, and that is the end of it.
        ASSERT_EQ(reader->try_next().status == Status::ended || reader->writer_state() == WriterState::ended,
                  true);
      });
}

TEST_F(KilledAtEverySystemCall, AWriterThatClosesLeavesNoStreamThatWaitsForever) {
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
        // Ended, or left to the next writer: then it is still there under its name.
        ASSERT_EQ(reader->writer_state(), there ? WriterState::lost : WriterState::ended);
        ASSERT_EQ(reader->next(std::chrono::milliseconds(there ? 0 : 10'000)).status,
                  there ? Status::timed_out : Status::ended);
        expect_to_work(0, options);
      });
}

TEST_F(KilledAtEverySystemCall, AReaderLeavesNothingThatAnybodyMustClean) {
  leave(3);
  Writer<int> out("deep/numbers", options);
  of([] {},
     [&] {
       begin_steps();
       {
         Reader<int> reader("deep/numbers", Start::oldest(), {.waiting = Waiting::sleep()});
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

}  // namespace
}  // namespace shm
