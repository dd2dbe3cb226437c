// SPDX-License-Identifier: Apache-2.0

// A process that dies at any instruction of the protocol of lossless streams: a reader that registers, acknowledges,
// wakes the writer or leaves; an owner that evicts a reader; a writer that looks at its readers, is held back or
// takes over. At every instruction, live lossless readers have all items that they did not acknowledge, and dead
// readers do not hold the writer back.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "shm/base/error.hpp"
#include "support/process.hpp"
#include "verification/crash/every_instruction.hpp"
#include "verification/crash/lossless_checks.hpp"
#include "verification/crash/stepped_process.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::begin_steps;
using test::end_steps;
using Lossless = test::LosslessChecks;
using Kept = Lossless::Item;

/// In a child: returns whether the reader has all items since it registered, and continues from there.
bool has_all_since_it_registered(Reader<Kept>& mine) {
  const Index begin = mine.acknowledged();
  const std::vector<Kept> all = mine[{static_cast<std::int64_t>(begin), {}}];
  for (Index i = begin; i < begin + all.size(); ++i) {
    if (!test::is_item(all[i - begin], i)) return false;
  }
  // Between seeking and registering the reader was not lossless: it may lose those items.
  const bool may_lose = mine.cursor() < begin;
  if (may_lose && (mine.try_next().status != Status::lost || mine.cursor() > begin)) return false;
  for (Index at = mine.cursor(); at < mine.inserted(); ++at) {
    const auto next = mine.try_next();
    if (!next || !test::is_item(*next, at)) return false;
  }
  return mine.is_lossless() && mine.lost_ranges() == (may_lose ? 1U : 0U);
}

class LosslessCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::can_step()) GTEST_SKIP() << test::why_no_steps;
  }
  /// Checks that the stream that is left has the right number of items, where only this process writes.
  std::function<void(const std::string&)> outlives(const Reader<Kept>& counts) {
    return [&counts](const std::string& left) {
      Lossless(left).outlives([&](Index n) { return n == counts.inserted(); });
    };
  }
  static void append(Writer<Kept>& out, std::uint64_t count) { Lossless::Items::append(out, count); }
  /// Returns the number of slots of the ring, which is more than the history.
  static std::uint64_t around(const Writer<Kept>& out) { return out.info().items.capacity; }

  test::TestDirectory directory;
  const Lossless here;
};

// --- readers ---

/// At every instruction another process writes as many items as it may, and another lossless reader lives.
class LosslessReaderCrash : public LosslessCrash {
 protected:
  test::Points in(
      const std::string& what, const std::function<void()>& act, const std::function<void()>& also = [] {}) {
    return test::check_at_every_instruction(directory, {.name = what,
                                                        .act = act,
                                                        .look =
                                                            [&] {
                                                              Lossless::fill(out,
                                                                             [&] { Lossless::drain(lives); });
                                                              Lossless::drain(lives);
                                                              also();
                                                            },
                                                        .bury = outlives(lives)});
  }
  Writer<Kept> out = here.writer();
  Reader<Kept> lives = here.lossless();
};

TEST_F(LosslessReaderCrash, DeathInRegisteringAtTheOldestLosesNothing) {
  append(out, 40);
  in("registering as a lossless reader, at the oldest item", [&] {
    begin_steps();
    auto mine = here.lossless(Start::oldest());
    end_steps();
    if (!has_all_since_it_registered(mine)) std::_Exit(1);
  });
}

TEST_F(LosslessReaderCrash, DeathInRegisteringAtTheNextLosesNothing) {
  append(out, 40);
  in("registering as a lossless reader, at the next item", [&] {
    begin_steps();
    auto mine = here.lossless(Start::next());
    end_steps();
    if (!has_all_since_it_registered(mine)) std::_Exit(1);
  });
}

TEST_F(LosslessReaderCrash, DeathInRegisteringAForkLosesNothing) {
  append(out, 40);
  in("forking a lossless reader", [&] {
    const auto mine = here.lossless();
    begin_steps();
    auto second = mine.fork();
    end_steps();
    if (!has_all_since_it_registered(second)) std::_Exit(1);
  });
}

TEST_F(LosslessReaderCrash, DeathInAcknowledgingWithTheReadLosesNothing) {
  append(out, 20);
  in("acknowledging with the read", [&] {
    auto mine = here.lossless(Start::next());
    std::vector<Kept> items(8);
    begin_steps();
    const auto first = mine.next();
    const ReadResult read = mine.read(items);
    const Status skipped = mine.skip(3);
    mine.seek(mine.cursor() + 2);
    end_steps();
    if (!first || read.count != 8 || skipped != Status::ok || mine.lost_items() > 0) std::_Exit(1);
    if (!has_all_since_it_registered(mine)) std::_Exit(2);
  });
}

TEST_F(LosslessReaderCrash, DeathInAcknowledgingExplicitlyLosesNothing) {
  append(out, 20);
  in("acknowledging explicitly", [&] {
    auto mine = here.lossless(Start::oldest(), Acknowledge::explicitly);
    static_cast<void>(mine.skip(20));
    begin_steps();
    mine.acknowledge(1);
    mine.acknowledge(5);
    mine.acknowledge(20);
    end_steps();
    mine.seek(20);
    if (!has_all_since_it_registered(mine)) std::_Exit(1);
  });
}

TEST_F(LosslessReaderCrash, DeathInUnregisteringHoldsNoWriterBack) {
  in("detaching a lossless reader", [&] {
    auto mine = std::make_optional(here.lossless());
    begin_steps();
    mine.reset();
    end_steps();
  });
  EXPECT_FALSE(Lossless::fill(out, [&] { Lossless::drain(lives); }));
}

TEST_F(LosslessReaderCrash, DeathInTakingTheSlotOfADeadReaderHoldsNoWriterBack) {
  const auto die = [&] {
    const auto mine = here.lossless();
    ::raise(SIGKILL);
    return 0;
  };
  EXPECT_EQ(test::Process(die).wait().signal, SIGKILL);
  in("attaching where a lossless reader died", [&] {
    begin_steps();
    const auto mine = here.lossy();
    end_steps();
  });
  EXPECT_FALSE(Lossless::fill(out, [&] { Lossless::drain(lives); }));
}

/// A writer that is held back has asked for a wake. (Its patience has then run out, so that the test can look at it.)
class LosslessReaderCrashWhileWaking : public LosslessCrash,
                                       public ::testing::WithParamInterface<const char*> {};

TEST_P(LosslessReaderCrashWhileWaking, DeathLeavesNoWriterAsleepForLong) {
  if (GetParam()[0] != '\0') ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
  auto out = here.writer(Lossless::options(WhenFull::wait, 1ms));
  auto lives = here.lossless();
  auto slow = here.lossless();  // inherited by the child, which alone reads with it
  const std::uint64_t half = around(out) / 2;
  ASSERT_THROW(append(out, 2 * around(out)), RingFull);
  Lossless::drain(lives);
  ASSERT_THROW(append(out, 1), RingFull);  // held back by the slow reader alone
  const auto points = test::check_at_every_instruction(
      directory, {.name = std::string("acknowledging, and waking the writer") + GetParam(),
                  .act =
                      [&] {
                        begin_steps();
                        static_cast<void>(slow.next());
                        static_cast<void>(slow.next());
                        static_cast<void>(slow.skip(half));
                        static_cast<void>(slow.next());
                        end_steps();
                        if (slow.lost_items() > 0) std::_Exit(1);
                      },
                  .look = [&] { Lossless::drain(lives); },
                  .bury = outlives(lives)});
  EXPECT_EQ(points.system_calls, 2U);  // one futex-wake for all; end_steps()
  ::unsetenv("LIBSHM_NO_MEMBARRIER");
}
INSTANTIATE_TEST_SUITE_P(WithAndWithoutMembarrier, LosslessReaderCrashWhileWaking,
                         testing::Values("", ", without membarrier"), [](const auto& about) {
                           return std::string(about.param[0] == '\0' ? "Membarrier" : "Fences");
                         });

// --- owners that evict ---

TEST_F(LosslessReaderCrash, DeathInEvictingAReaderHarmsNoOtherProcess) {
  auto stalls = here.lossless(Start::oldest(), Acknowledge::explicitly);
  const auto points = in(
      "evicting a reader",
      [&] {
        begin_steps();
        // Evict the reader that holds the writer back; the other reader is up to date.
        const auto evicted = evict_readers("kept", [](const ReaderInfo& info) { return info.holds_back; });
        end_steps();
        if (evicted.size() != 1 || !evicted[0].holds_back) std::_Exit(1);
      },
      [&] {
        if (stalls.is_lossless()) Lossless::keeps(stalls);
      });
  EXPECT_GT(points.states, 5U);
  EXPECT_EQ(stalls.next().status, Status::evicted);
  EXPECT_TRUE(lives.is_lossless());
}

// --- writers ---

/// The writer dies. There are a reader that follows, a reader that stalls until the test continues it, and a new
/// reader at every instruction. The new reader has all items since its start, until the next instruction replaces it.
class LosslessWriterCrash : public LosslessCrash {
 protected:
  LosslessWriterCrash() {
    auto first = here.writer();
    append(first, 2 * around(first) + 100);
    first.detach();
    lives.emplace(here.lossless());
  }

  void a_new_one_registers() {
    if (comes) Lossless::drain(*comes);
    comes.reset();
    comes.emplace(here.lossless(looks % 2 == 0 ? Start::oldest() : Start::next()));
    Lossless::keeps(*comes);
    if (comes_and_reads) Lossless::drain(*comes);
  }
  test::Points in(const std::string& what, const std::function<void()>& act) {
    const auto points = test::check_at_every_instruction(directory, {.name = what,
                                                                     .act = act,
                                                                     .look =
                                                                         [&] {
                                                                           ++looks;
                                                                           Lossless::drain(*lives);
                                                                           if (stalls)
                                                                             Lossless::keeps(*stalls);
                                                                           a_new_one_registers();
                                                                           if (stalls && goes_on())
                                                                             Lossless::drain(*stalls);
                                                                         },
                                                                     .bury = outlives(*lives)});
    Lossless::drain(*lives);
    return points;
  }
  /// In a child: runs `act` with a writer; the child fails if `act` returns false.
  void write(const StreamOptions& with, const std::function<bool(Writer<Kept>&)>& act) {
    auto out = here.writer(with);
    begin_steps();
    const bool right = act(out);
    end_steps();
    out.detach();
    if (!right) std::_Exit(1);
  }
  static bool append_one(Writer<Kept>& out) { return out.append(test::checked_item<2>(out.inserted())); }

  /// Fills the stream until `stalls` holds the next append back.
  void fill_up() {
    stalls.emplace(here.lossless(Start::oldest(), Acknowledge::with_read));
    auto out = here.writer();
    ASSERT_TRUE(Lossless::fill(out));
    out.detach();
    Lossless::drain(*lives);
  }

  std::optional<Reader<Kept>> lives;
  std::optional<Reader<Kept>> stalls;
  std::optional<Reader<Kept>> comes;
  bool comes_and_reads = false;  // and does not hold the writer back
  std::uint64_t looks = 0;
  /// Returns whether the stalled reader reads all items now.
  std::function<bool()> goes_on = [] { return false; };
};

TEST_F(LosslessWriterCrash, DeathInAppendingLosesNothingOfReadersThatAreUpToDate) {
  comes_and_reads = true;
  const auto points = in("appends on a lossless stream", [&] {
    write(Lossless::options(WhenFull::fail), [&](Writer<Kept>& out) {
      const Index end = out.inserted() + 70;  // more than `reserved` runs ahead
      while (out.inserted() < end && append_one(out)) {
      }
      return out.inserted() == end;
    });
  });
  EXPECT_EQ(points.system_calls, 1U);  // the one of end_steps(): readers that are up to date cost none
}

/// The state that the writer has read counts, too, not only the state that others see: a reader registers between the
/// writer's two looks at the readers, and then the writer continues.
TEST_F(LosslessWriterCrash, AReaderThatRegistersAtAnyInstructionLosesNothing) {
  lives.reset();
  int steps = 0;
  for (bool is_over = false; !is_over; ++steps) {
    test::SteppedProcess writer([&] {
      auto out = here.writer();
      begin_steps();
      append_one(out);
      end_steps();
      Lossless::fill(out);
      out.detach();
    });
    for (int step = 0; step < steps; ++step) writer.step(test::StepBy::instruction);
    is_over = writer.state() != test::SteppedProcess::State::standing;
    auto reader = here.lossless(steps % 2 == 0 ? Start::oldest() : Start::next());
    const Index begin = reader.acknowledged();
    ASSERT_TRUE(writer.run_to_its_end());
    SCOPED_TRACE(testing::Message() << "after " << steps << " instructions");
    ASSERT_EQ(reader.acknowledged(), begin);
    Lossless::drain(reader);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(steps, 50);
}

TEST_F(LosslessWriterCrash, DeathInAppendingABatchAndInPublishingLosesNothing) {
  in("batches and claims on a lossless stream", [&] {
    write(Lossless::options(WhenFull::wait), [&](Writer<Kept>& out) {
      const Index first = out.inserted();
      for (int turn = 0; turn < 3; ++turn) {
        std::vector<Kept> batch;
        for (Index i = 0; i < 19; ++i) batch.push_back(test::checked_item<2>(out.inserted() + i));
        out.append(std::span<const Kept>(batch));
        const std::span<Kept> slots = out.claim(8);
        for (Index i = 0; i < slots.size(); ++i) slots[i] = test::checked_item<2>(out.inserted() + i);
        out.publish(5);
      }
      return out.inserted() == first + 3 * 24;
    });
  });
}

TEST_F(LosslessWriterCrash, DeathWhileHeldBackAndDroppingLosesNothing) {
  fill_up();
  bool went_on = false;
  goes_on = [&] { return went_on = looks > 8 && comes->info().backpressure.dropped_items >= 3; };
  in("appends that are dropped, and one that is not", [&] {
    write(Lossless::options(WhenFull::drop), [&](Writer<Kept>& out) {
      std::uint64_t dropped = 0;
      while (!append_one(out)) ++dropped;
      return dropped >= 2;
    });
  });
  EXPECT_TRUE(went_on);
}

TEST_F(LosslessWriterCrash, DeathWhileHeldBackAndFailingLosesNothing) {
  fill_up();
  in("an append that fails", [&] {
    write(Lossless::options(WhenFull::fail), [&](Writer<Kept>& out) {
      try {
        append_one(out);
      } catch (const RingFull&) {
        return true;
      }
      return false;
    });
  });
  Lossless::keeps(*stalls);
}

TEST_F(LosslessWriterCrash, DeathWhileHeldBackAndAsleepLosesNothing) {
  fill_up();
  const std::uint64_t asleep = looks + 40;  // some passes of the loop around its sleep
  goes_on = [&] { return looks > asleep; };
  const auto points = in("an append that waits", [&] {
    write(Lossless::options(WhenFull::wait), [&](Writer<Kept>& out) { return append_one(out); });
  });
  EXPECT_GT(points.system_calls, 10U);
}

TEST_F(LosslessWriterCrash, DeathInReleasingDeadReadersLosesNothing) {
  const auto die = [&] {
    const auto mine = here.lossless();
    ::raise(SIGKILL);
    return 0;
  };
  EXPECT_EQ(test::Process(die).wait().signal, SIGKILL);
  comes_and_reads = true;
  in("releasing a dead reader", [&] {
    write(Lossless::options(WhenFull::fail), [&](Writer<Kept>& out) {
      for (int i = 0; i < 20; ++i) append_one(out);
      return true;
    });
  });
}

TEST_F(LosslessWriterCrash, DeathInTakingOverLosesNothing) {
  fill_up();
  in("taking a lossless stream over that is full", [&] {
    begin_steps();
    auto out = here.writer();
    end_steps();
    const bool taken = append_one(out);
    out.detach();
    if (taken) std::_Exit(1);
  });
  Lossless::keeps(*stalls);
}

}  // namespace
}  // namespace shm
