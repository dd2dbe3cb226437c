// SPDX-License-Identifier: Apache-2.0

// A writer that dies at any instruction of creating, taking over, replacing, detaching from and closing a stream, and
// of waking a reader. Attached readers continue. A whole stream is left, or no stream; other writers continue it.
#include <gtest/gtest.h>

#include <thread>

#include "verification/crash/every_instruction.hpp"
#include "verification/crash/stepped_process.hpp"
#include "verification/crash/stream_checks.hpp"

namespace shm {
namespace {

using test::begin_steps;
using test::end_steps;

class WriterCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }

  static constexpr std::size_t words = 2;
  using Checks = test::StreamChecks<words>;

  void leave(std::uint64_t items, const StreamOptions& with) const {
    const Checks here(name, with);
    auto out = here.writer();
    here.append(out, items);
    out.detach();
  }
  /// Checks that a dead process left a whole stream of `items`, or no stream, and that all of it can be cleaned up.
  void outlives_or_is_none(const std::string& left, std::uint64_t items) const {
    const std::vector<std::string> there = list_streams(left);
    if (!there.empty()) {
      ASSERT_EQ(there, std::vector{name});
      ASSERT_EQ(stream_info(name, left).items.history, options.history);
      Checks(name, options, left).outlives([&](Index n) { return n == items; });
    }
    {
      const Checks anew(name, options, left);
      auto out = anew.writer();
      anew.append(out, 3);
      auto reader = anew.reader();
      anew.answers(reader);
      out.close();
    }
    test::expect_nothing_to_stay(left);
  }

  test::TestDirectory directory;
  const StreamOptions options{.history = 32, .max_claim = 8};
  const std::string name = "deep/items";
};

TEST_F(WriterCrash, DeathInCreatingLeavesAWholeStreamOrNoStream) {
  test::check_at_every_instruction(directory,
                                   {.name = "creating a stream",
                                    .act =
                                        [&] {
                                          begin_steps();
                                          auto out = Checks(name, options).writer();
                                          end_steps();
                                          out.detach();
                                        },
                                    .look =
                                        [&] {
                                          for (const std::string& there : list_streams()) {
                                            auto reader = Checks(there, options).reader();
                                            ASSERT_EQ(reader.try_next().status, Status::not_yet);
                                            ASSERT_EQ(reader.history(), options.history);
                                          }
                                        },
                                    .bury = [&](const std::string& left) { outlives_or_is_none(left, 0); }});
}

TEST_F(WriterCrash, DeathInTakingOverLeavesTheStreamToTheNextWriter) {
  leave(100, options);
  auto reader = Checks(name, options).reader();
  test::check_at_every_instruction(
      directory, {.name = "taking a stream over",
                  .act =
                      [&] {
                        begin_steps();
                        auto out = Checks(name, options).writer();
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { Checks(name, options).answers(reader); },
                  .bury =
                      [&](const std::string& left) {
                        ASSERT_EQ(list_streams(left), std::vector{name});
                        Checks(name, options, left).outlives([](Index n) { return n == 100; });
                      }});
}

TEST_F(WriterCrash, DeathInReplacingKeepsTheItemsAndIndices) {
  StreamOptions before = options;
  before.sample_rate = 48000;
  leave(100, before);
  auto reader = Checks(name, before).reader();
  test::check_at_every_instruction(
      directory,
      {.name = "replacing a stream",
       .act =
           [&] {
             begin_steps();
             auto out = Checks(name, options).writer();
             end_steps();
             out.detach();
           },
       .look = [&] { Checks(name, before).answers(reader); },
       .bury =
           [&](const std::string& left) {
             ASSERT_EQ(list_streams(left), std::vector{name});
             const bool replaced = stream_info(name, left).items.sample_rate == 0;
             Checks(name, replaced ? options : before, left).outlives([](Index n) { return n == 100; });
             test::expect_nothing_to_stay(left);
           }});
  EXPECT_EQ(reader.writer_state(), WriterState::ended);
}

TEST_F(WriterCrash, DeathInReplacingByAnotherTypeLeavesTheOldOrTheNewStream) {
  leave(100, options);
  auto reader = Checks(name, options).reader();
  test::check_at_every_instruction(
      directory, {.name = "putting another item type there",
                  .act =
                      [&] {
                        begin_steps();
                        Writer<double> out(name, options);
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { Checks(name, options).answers(reader); },
                  .bury =
                      [&](const std::string& left) {
                        ASSERT_EQ(list_streams(left), std::vector{name});
                        if (stream_info(name, left).items.format == reader.info().items.format) {
                          Checks(name, options, left).outlives([](Index n) { return n == 100; });
                          return;
                        }
                        Writer<double> out(name, {.history = 32, .max_claim = 8, .directory = left});
                        ASSERT_EQ(out.inserted(), 0U);
                        out.append(1.5);
                        ASSERT_EQ(Reader<double>(name, Start::oldest(), {.directory = left}).next().item,
                                  1.5);
                      }});
  EXPECT_EQ(reader.writer_state(), WriterState::ended);
}

TEST_F(WriterCrash, DeathInClosingLeavesAWholeStreamOrNoStream) {
  leave(100, options);
  auto reader = Checks(name, options).reader();
  test::check_at_every_instruction(
      directory, {.name = "closing a stream",
                  .act =
                      [&] {
                        auto out = Checks(name, options).writer();
                        begin_steps();
                        out.close();
                        end_steps();
                      },
                  .look = [&] { Checks(name, options).answers(reader); },
                  .bury = [&](const std::string& left) { outlives_or_is_none(left, 100); }});
  EXPECT_EQ(reader.writer_state(), WriterState::ended);
  EXPECT_TRUE(list_streams().empty());
}

TEST_F(WriterCrash, DeathInClosingAPersistentStreamKeepsAllOfIt) {
  StreamOptions persistent = options;
  persistent.persistent = true;
  leave(100, persistent);
  auto reader = Checks(name, persistent).reader();
  test::check_at_every_instruction(directory, {.name = "closing a persistent stream",
                                               .act =
                                                   [&] {
                                                     auto out = Checks(name, persistent).writer();
                                                     begin_steps();
                                                     out.close();
                                                     end_steps();
                                                   },
                                               .look = [&] { Checks(name, persistent).answers(reader); },
                                               .bury =
                                                   [&](const std::string& left) {
                                                     ASSERT_EQ(list_streams(left), std::vector{name});
                                                     const Checks there(name, persistent, left);
                                                     auto after = there.reader();
                                                     ASSERT_NE(after.writer_state(), WriterState::live);
                                                     there.answers(after);
                                                     auto next = there.writer();
                                                     ASSERT_EQ(next.inserted(), 100U);
                                                     there.append(next, 40);
                                                     there.answers(after);
                                                   }});
}

TEST_F(WriterCrash, DeathInDetachingKeepsTheStream) {
  leave(100, options);
  test::check_at_every_instruction(
      directory, {.name = "leaving a stream",
                  .act =
                      [&] {
                        auto out = Checks(name, options).writer();
                        begin_steps();
                        out.detach();
                        end_steps();
                      },
                  .bury =
                      [&](const std::string& left) {
                        Checks(name, options, left).outlives([](Index n) { return n == 100; });
                      }});
}

/// A sleeping reader has asked for a wake at the item that the writer appends.
class WriterCrashWhileWaking : public WriterCrash, public ::testing::WithParamInterface<const char*> {};

TEST_P(WriterCrashWhileWaking, DeathLeavesNoReaderAsleepForLong) {
  if (GetParam()[0] != '\0') ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
  leave(100, options);
  const Checks here(name, options);
  auto reader = here.reader(Start::next());
  const auto points = test::check_at_every_instruction(
      directory, {.name = std::string("an append that wakes a reader") + GetParam(),
                  .act =
                      [&] {
                        auto out = here.writer();
                        auto asleep = here.reader(Start::next());
                        static_cast<void>(asleep.wait_for(101, std::chrono::milliseconds(1)));  // asks
                        begin_steps();
                        here.append(out, 2);
                        end_steps();
                        out.detach();
                      },
                  .look = [&] { here.follow(reader); },
                  .bury =
                      [&](const std::string& left) {
                        const Checks there(name, options, left);
                        auto asleep = there.reader(Start::next());
                        auto next = there.writer();  // wakes the readers left asleep
                        const Index n = next.inserted();
                        std::thread waits([&] { EXPECT_TRUE(asleep.next(std::chrono::seconds(30))); });
                        there.append(next, 1);
                        waits.join();
                        ASSERT_EQ(asleep.cursor(), n + 1);
                        next.close();
                      }});
  EXPECT_EQ(points.system_calls, 2U);  // one futex-wake for two appends; end_steps()
  ::unsetenv("LIBSHM_NO_MEMBARRIER");
}
INSTANTIATE_TEST_SUITE_P(WithAndWithoutMembarrier, WriterCrashWhileWaking,
                         testing::Values("", ", without membarrier"), [](const auto& about) {
                           return std::string(about.param[0] == '\0' ? "Membarrier" : "Fences");
                         });

}  // namespace
}  // namespace shm
