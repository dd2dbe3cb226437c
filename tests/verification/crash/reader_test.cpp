// SPDX-License-Identifier: Apache-2.0

// A reader that dies at any instruction: attaching, reading, sleeping, being woken, entering, exiting, forking,
// detaching. At every instruction the writer and other readers continue as if the reader did not exist. The bytes
// that it leaves in the files harm no other process.
#include <gtest/gtest.h>

#include <optional>

#include "shm/source/demand.hpp"
#include "verification/crash/every_instruction.hpp"
#include "verification/crash/stepped_process.hpp"
#include "verification/crash/stream_checks.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::begin_steps;
using test::end_steps;

class ReaderCrash : public ::testing::Test {
 protected:
  using Checks = test::StreamChecks<2>;
  using Item = Checks::Item;

  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
    here.append(out, 100);
    other.emplace(here.reader());
  }

  /// Lets the writer append and the other reader read all items.
  void others_go_on() {
    here.append(out, 1);
    here.follow(*other);
    ASSERT_LE(out.readers().size(), 3U);
    ASSERT_GE(out.readers().size(), 1U);
    ASSERT_EQ(out.readers()[0].cursor, other->cursor());
  }
  /// Checks the state that is left if both sides died: the next writer continues, and no reader wants a source.
  void outlives(const std::string& left) {
    Checks(name, options, left).outlives([&](Index n) { return n == out.inserted(); });
  }
  test::Points in(const std::string& what, const std::function<void()>& act,
                  const std::function<void()>& wake = {}) {
    return test::check_at_every_instruction(directory,
                                            {.name = what,
                                             .act = act,
                                             .look = [this] { others_go_on(); },
                                             .bury = [this](const std::string& left) { outlives(left); },
                                             .wake = wake});
  }

  test::TestDirectory directory;
  const std::string name = "items";
  const StreamOptions options{.history = 32, .max_claim = 8};
  const Checks here{name, options};
  Writer<Item> out = here.writer();
  std::optional<Reader<Item>> other;
};

TEST_F(ReaderCrash, DeathInAttachingHarmsNoOtherProcess) {
  in("attaching", [&] {
    begin_steps();
    const auto mine = here.reader();
    end_steps();
  });
  EXPECT_EQ(out.readers().size(), 1U);
}

TEST_F(ReaderCrash, DeathInReadingHarmsNoOtherProcess) {
  in("reading by cursor, slice, view and in bulk", [&] {
    auto mine = here.reader();
    std::vector<Item> items(8);
    begin_steps();
    static_cast<void>(mine.try_next());
    static_cast<void>(mine.peek());
    static_cast<void>(mine.read(items));
    static_cast<void>(mine[-1]);
    static_cast<void>(mine[{-5, {}}]);
    static_cast<void>(mine.view({-5, {}})[0]);
    mine.seek(Start::oldest());
    static_cast<void>(mine.next());
    end_steps();
  });
}

TEST_F(ReaderCrash, DeathInSleepingHarmsNoOtherProcess) {
  const auto points = in("sleeping until a deadline", [&] {
    auto mine = here.reader(Start::next());
    begin_steps();
    static_cast<void>(mine.wait_for(1'000'000, 200ms));
    end_steps();
  });
  EXPECT_GT(points.system_calls, 2U);
}

TEST_F(ReaderCrash, DeathInBeingWokenHarmsNoOtherProcess) {
  int woken = 0;
  const auto points =
      test::check_at_every_instruction(directory, {.name = "sleeping until woken",
                                                   .act =
                                                       [&] {
                                                         auto mine = here.reader(Start::next());
                                                         begin_steps();
                                                         const auto next = mine.next();
                                                         end_steps();
                                                         if (!next || !test::is_item(*next, 100))
                                                           std::_Exit(1);
                                                       },
                                                   .bury = [&](const std::string& left) { outlives(left); },
                                                   .wake =
                                                       [&] {
                                                         here.append(out, 1);
                                                         ++woken;
                                                       }});
  EXPECT_EQ(woken, 1) << "appended while the reader was not asleep";
  EXPECT_GT(points.system_calls, 2U);
  here.follow(*other);
}

TEST_F(ReaderCrash, DeathInForkingHarmsNoOtherProcess) {
  in("forking", [&] {
    const auto mine = here.reader();
    begin_steps();
    const auto second = mine.fork();
    end_steps();
  });
}

TEST_F(ReaderCrash, DeathInDetachingHarmsNoOtherProcess) {
  in("detaching", [&] {
    std::optional<Reader<Item>> mine(here.reader());
    begin_steps();
    mine.reset();
    end_steps();
  });
  EXPECT_EQ(out.readers().size(), 1U);
}

/// The stream has a source, which this process starts and stops as readers enter and exit.
class ReaderCrashWithASource : public ReaderCrash {
 protected:
  void serve() {
    const bool wanted = demand.wanted();
    if (wanted && !demand.is_running()) demand.started();
    if (!wanted && demand.is_running()) demand.stopped();
  }
  test::Points in(const std::string& what, const std::function<void()>& act) {
    return test::check_at_every_instruction(directory, {.name = what,
                                                        .act = act,
                                                        .look =
                                                            [this] {
                                                              serve();
                                                              others_go_on();
                                                            },
                                                        .bury =
                                                            [this](const std::string& left) {
                                                              {
                                                                auto next =
                                                                    Checks(name, options, left).writer();
                                                                ASSERT_FALSE(Demand(next.raw()).wanted());
                                                                next.detach();
                                                              }
                                                              outlives(left);
                                                            },
                                                        .wake = [this] { serve(); }});
  }
  Demand demand{out.raw()};
};

TEST_F(ReaderCrashWithASource, DeathInEnteringAndExitingHarmsNoOtherProcess) {
  in("entering and exiting", [&] {
    auto mine = here.reader();
    begin_steps();
    mine.enter(10s);
    const bool started = mine.source_is_started();
    mine.exit();
    end_steps();
    if (!started) std::_Exit(1);
  });
  serve();
  EXPECT_FALSE(demand.is_running());
}

}  // namespace
}  // namespace shm
