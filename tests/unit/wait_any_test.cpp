// Waiting for several streams at once: whom it answers for, in which order, and that no wake is lost.
#include "shm/wait_any.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "shm/error.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/reader.hpp"
#include "shm/ring/memory.hpp"
#include "shm/writer.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using Clock = std::chrono::steady_clock;

std::string name_of(std::size_t stream) { return "several/" + std::to_string(stream); }

/// So many streams, each with a writer and a reader that has read everything.
class Several {
 public:
  explicit Several(std::size_t count, const ReaderOptions& options = {}) {
    for (std::size_t i = 0; i < count; ++i) open_stream(i, options);
  }
  void open_stream(std::size_t stream, const ReaderOptions& options) {
    out.emplace_back(name_of(stream), StreamOptions{.history = 64});
    in.emplace_back(name_of(stream), Start::next(), options);
  }
  [[nodiscard]] std::vector<Awaited> next() {
    std::vector<Awaited> streams;
    for (Reader<int>& reader : in) streams.push_back(Awaited::next_of(reader.raw()));
    return streams;
  }
  [[nodiscard]] std::uint64_t wake_at(std::size_t stream) const {
    return test::peek_file<std::uint64_t>(directory.path() / (name_of(stream) + ".control"),
                                          offsetof(layout::ControlHeader, wake_at));
  }
  [[nodiscard]] bool all_are_asked() const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (wake_at(i) == layout::wake_nobody) return false;
    }
    return true;
  }

  test::TestDirectory directory;
  std::vector<Writer<int>> out;
  std::vector<Reader<int>> in;
};

void expect(const AnyResult& result, Status status, std::size_t which) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.which, which);
}

class WaitAny : public ::testing::TestWithParam<Waiting::Strategy> {
 protected:
  static AnyResult wait(std::span<const Awaited> streams, Deadline deadline = Deadline::never(),
                        const Interrupt* interrupt = nullptr) {
    return wait_any(streams, deadline, interrupt, {.strategy = GetParam()});
  }
};

INSTANTIATE_TEST_SUITE_P(Every, WaitAny,
                         ::testing::Values(Waiting::Strategy::spin, Waiting::Strategy::spin_then_sleep,
                                           Waiting::Strategy::sleep));

TEST_P(WaitAny, AnswersAtOnceForWhatIsThere) {
  Several several(3);
  several.out[1].append(5);
  expect(wait(several.next()), Status::ok, 1);
  expect(wait(several.next(), Deadline::now()), Status::ok, 1);
  EXPECT_EQ(several.in[1].try_next().item, 5);
  expect(wait(several.next(), Deadline::now()), Status::timed_out, 3);
}

TEST_P(WaitAny, AnswersForTheFirstInTheOrderGiven) {
  Several several(4);
  several.out[3].append(1);
  several.out[1].append(1);
  several.out[2].close();
  auto streams = several.next();
  expect(wait(streams), Status::ok, 1);
  std::swap(streams[1], streams[2]);
  expect(wait(streams), Status::ended, 1);
  std::swap(streams[0], streams[3]);
  expect(wait(streams), Status::ok, 0);
}

/// What was inserted into an earlier stream before an item of a later one is not passed over.
TEST_P(WaitAny, AnswersForAnEarlierStreamThatWasThereBefore) {
  Several several(3);
  std::atomic<bool> over{false};
  std::thread writer([&] {
    while (!over) {
      several.out[0].append(1);
      several.out[2].append(1);
    }
  });
  for (int round = 0; round < test::turns(3000); ++round) {
    // As many in each: stream 0 has the count when stream 2 has it.
    const Index count = several.in[2].inserted() + 1;
    const std::array streams{Awaited{&several.in[1].raw(), 1}, Awaited{&several.in[0].raw(), count},
                             Awaited{&several.in[2].raw(), count}};
    const AnyResult result = wait(streams);
    expect(result, Status::ok, 1);
    if (result.which != 1) break;
  }
  over = true;
  writer.join();
}

TEST_P(WaitAny, AnswersForTheOneThatComes) {
  Several several(3);
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      const auto stream = static_cast<std::size_t>(i % 3);
      several.out[stream].append(i);
      // One at a time.
      ASSERT_TRUE(eventually(
          [&] { return several.out[stream].readers()[0].cursor == several.out[stream].inserted(); }));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const AnyResult result = wait(several.next());
    ASSERT_EQ(result.status, Status::ok);
    ASSERT_EQ(result.which, static_cast<std::size_t>(i % 3));
    ASSERT_EQ(several.in[result.which].try_next().item, i);
  }
  writer.join();
}

TEST_P(WaitAny, TimesOutAtItsDeadlineAndNotBefore) {
  Several several(3);
  const auto deadline = Clock::now() + 20ms;
  expect(wait(several.next(), Deadline(deadline)), Status::timed_out, 3);
  EXPECT_GE(Clock::now(), deadline);
  expect(wait(several.next(), -1s), Status::timed_out, 3);
}

TEST_P(WaitAny, IsInterruptedFromAnotherThread) {
  Several several(3);
  Interrupt stop;
  std::thread other([&] { stop.trigger(); });
  expect(wait(several.next(), Deadline::never(), &stop), Status::interrupted, 3);
  other.join();
}

TEST_P(WaitAny, IsInterruptedByAReadersOwnInterrupt) {
  Interrupt own;
  Interrupt not_triggered;
  Several several(2);
  several.open_stream(2, {.interrupt = &own});
  several.open_stream(3, {.interrupt = &own});
  std::thread other([&] { own.trigger(); });
  expect(wait(several.next(), Deadline::never(), &not_triggered), Status::interrupted, 2);
  other.join();
}

TEST_P(WaitAny, IsNotKeptFromWhatIsThereByAnInterrupt) {
  Several several(2);
  Interrupt stop;
  stop.trigger();
  several.out[1].append(1);
  expect(wait(several.next(), Deadline::never(), &stop), Status::ok, 1);
  EXPECT_EQ(several.in[1].next().item, 1);
  expect(wait(several.next(), Deadline::never(), &stop), Status::interrupted, 2);
}

TEST_P(WaitAny, SeesOneEnd) {
  Several several(3);
  std::thread writer([&] {
    several.out[1].append(1);
    several.out[1].close();
  });
  expect(wait(several.next()), Status::ok, 1);
  EXPECT_EQ(several.in[1].next().item, 1);
  expect(wait(several.next()), Status::ended, 1);
  writer.join();
}

TEST_P(WaitAny, NoticesALostWriterWhereTheReaderAsksForIt) {
  Several several(1);
  several.open_stream(1, {});
  several.open_stream(2, {.writer_loss_is_error = true});
  several.out[1].leave();
  std::thread writer([&] { several.out[2].leave(); });
  expect(wait(several.next()), Status::writer_lost, 2);
  writer.join();
}

TEST_P(WaitAny, WaitsThroughACrashForTheNextWriter) {
  Several several(2);
  several.out[1].leave();
  std::thread writer([] {
    Writer<int> second(name_of(1), {.history = 64});
    second.append(7);
    second.leave();
  });
  expect(wait(several.next()), Status::ok, 1);
  EXPECT_EQ(several.in[1].try_next().item, 7);
  writer.join();
}

TEST_P(WaitAny, WaitsForOneStream) {
  Several several(1);
  std::thread writer([&] { several.out[0].append(1); });
  expect(wait(several.next()), Status::ok, 0);
  writer.join();
}

/// The ball goes by three streams there, and by three back. A lost wake shows as a round that lasts as long
/// as the longest sleep.
TEST_P(WaitAny, PassesABallToAndFroOnThreeStreamsWithoutLosingAWake) {
  const int rounds = test::turns(3000);
  Several there(3);
  Several back(3);
  const auto pass = [](Several& from, int expected) {
    const AnyResult any = wait(from.next(), 60s);
    return any.status == Status::ok && any.which == static_cast<std::size_t>(expected * 7 % 3) &&
           from.in[any.which].try_next().item == expected;
  };
  const auto stream = [](int round) { return static_cast<std::size_t>(round * 7 % 3); };
  std::thread other([&] {
    for (int i = 0; i < rounds; ++i) {
      if (!pass(there, i)) break;
      back.out[stream(i)].append(i);
    }
  });
  int slow = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    there.out[stream(i)].append(i);
    if (!pass(back, i)) {
      ADD_FAILURE() << "round " << i;
      break;
    }
    if (Clock::now() - start > 95ms) ++slow;
  }
  other.join();
  EXPECT_LE(slow, rounds / 1000);
}

// --- whom a sleeper asks, and who wakes it ---

AnyResult sleep_on(std::span<const Awaited> streams, Deadline deadline = Deadline::never(),
                   const Interrupt* interrupt = nullptr) {
  return wait_any(streams, deadline, interrupt, Waiting::sleep());
}

/// Runs a wait on another thread, until it is about to sleep, then the rest.
template <class Then>
AnyResult once_asleep(Several& several, const std::vector<Awaited>& streams, Then then,
                      const Interrupt* interrupt = nullptr) {
  AnyResult result;
  std::thread sleeper([&] { result = sleep_on(streams, 60s, interrupt); });
  EXPECT_TRUE(eventually([&] { return several.all_are_asked(); }));
  then();
  sleeper.join();
  return result;
}

class SleepOnMany : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Streams, SleepOnMany, ::testing::Values(1, 2, 64, 127, 128, 129, 200));

TEST_P(SleepOnMany, EndsForTheRightOne) {
  Several several(GetParam());
  for (const std::size_t stream : {std::size_t{0}, GetParam() / 2, GetParam() - 1}) {
    const auto before = several.next();
    expect(once_asleep(several, before, [&] { several.out[stream].append(1); }), Status::ok, stream);
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST_P(SleepOnMany, EndsByAnInterrupt) {
  Several several(GetParam());
  Interrupt stop;
  expect(once_asleep(
             several, several.next(), [&] { stop.trigger(); }, &stop),
         Status::interrupted, GetParam());
}

TEST_P(SleepOnMany, EndsByTheLastReadersOwnInterrupt) {
  std::vector<Interrupt> stops(GetParam());
  Several several(0);
  for (std::size_t i = 0; i < GetParam(); ++i) several.open_stream(i, {.interrupt = &stops[i]});
  expect(once_asleep(several, several.next(), [&] { stops.back().trigger(); }), Status::interrupted,
         GetParam() - 1);
}

TEST(SleepOnSeveral, AsksEachForTheIndexItWants) {
  Several several(3);
  const std::vector<Awaited> streams{
      {&several.in[0].raw(), 10}, {&several.in[1].raw(), 20}, {&several.in[2].raw(), 30}};
  const AnyResult result = once_asleep(several, streams, [&] {
    EXPECT_EQ(several.wake_at(0), 9U);
    EXPECT_EQ(several.wake_at(1), 19U);
    EXPECT_EQ(several.wake_at(2), 29U);
    for (int i = 0; i < 9; ++i) several.out[0].append(i);
    for (int i = 0; i < 19; ++i) several.out[1].append(i);
    EXPECT_EQ(several.wake_at(0), 9U);  // not woken for those
    EXPECT_EQ(several.wake_at(1), 19U);
    for (int i = 0; i < 30; ++i) several.out[2].append(i);
  });
  expect(result, Status::ok, 2);
}

TEST(SleepOnSeveral, AsksNobodyWhenItSpinsOrOnlyLooks) {
  Several several(3);
  expect(wait_any(several.next(), 5ms, nullptr, Waiting::spin()), Status::timed_out, 3);
  expect(sleep_on(several.next(), Deadline::now()), Status::timed_out, 3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(several.wake_at(i), layout::wake_nobody);
}

/// What one membarrier ordered stands for later sleepers, in every stream.
TEST(SleepOnSeveral, AnnouncesItsRequests) {
  Several several(3);
  expect(sleep_on(several.next(), 1ms), Status::timed_out, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    if (several.out[i].info().writer_fences) GTEST_SKIP() << "there is no membarrier here";
    EXPECT_NE(test::peek_file<std::uint64_t>(several.directory.path() / (name_of(i) + ".control"),
                                             offsetof(layout::ControlHeader, standing_request)),
              0U);
  }
}

TEST(SleepOnSeveral, IsWokenByAWriterThatFencesAmongThoseThatDoNot) {
  Several several(1);
  ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
  several.open_stream(1, {});
  ::unsetenv("LIBSHM_NO_MEMBARRIER");
  several.open_stream(2, {});
  EXPECT_TRUE(several.out[1].info().writer_fences);
  for (const std::size_t stream : {1U, 2U, 0U}) {
    expect(once_asleep(several, several.next(), [&] { several.out[stream].append(1); }), Status::ok, stream);
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST(SleepOnSeveral, SeesWhatComesWhereAControlFileIsMissing) {
  Several several(3);
  Writer<int> out("uncontrolled");
  std::filesystem::remove(several.directory.path() / "uncontrolled.control");
  Reader<int> reader("uncontrolled", Start::next());
  EXPECT_FALSE(reader.is_listed());
  auto streams = several.next();
  streams.push_back(Awaited::next_of(reader.raw()));
  expect(once_asleep(several, streams, [&] { out.append(1); }), Status::ok, 3);
  EXPECT_EQ(reader.next().item, 1);
  streams.back() = Awaited::next_of(reader.raw());
  expect(once_asleep(several, streams, [&] { several.out[2].append(1); }), Status::ok, 2);
  EXPECT_EQ(several.in[2].next().item, 1);
  streams = several.next();
  streams.push_back(Awaited::next_of(reader.raw()));
  expect(once_asleep(several, streams, [&] { out.close(); }), Status::ended, 3);
}

TEST(SleepOnSeveral, TakesAStreamMoreThanOnce) {
  Several several(2);
  Reader<int> other = several.in[1].fork();
  const std::vector<Awaited> streams{
      {&several.in[1].raw(), 3}, {&several.in[0].raw(), 1}, {&several.in[1].raw(), 2}, {&other.raw(), 1}};
  expect(once_asleep(several, streams, [&] { several.out[1].append(1); }), Status::ok, 3);
  expect(once_asleep(several, {streams.begin(), streams.end() - 1}, [&] { several.out[1].append(2); }),
         Status::ok, 2);
}

TEST(SleepOnSeveral, LeavesOneNeedlessWakeAtMostInEachStream) {
  Several several(2);
  expect(once_asleep(several, several.next(), [&] { several.out[0].append(1); }), Status::ok, 0);
  EXPECT_EQ(several.wake_at(0), layout::wake_nobody);
  EXPECT_EQ(several.wake_at(1), 0U);
  several.out[1].append(1);
  EXPECT_EQ(several.wake_at(1), layout::wake_nobody);
}

/// Three streams whose readers sleep, and a thread that appends to one of them when the sleeper is just about
/// to ask, to look, to fall asleep: a little later in each round.
class FallingAsleep : public ::testing::Test {
 protected:
  static constexpr int rounds = test::turns(20'000);

  [[nodiscard]] bool reached(const std::atomic<int>& step, int round) const {
    while (step.load() <= round) {
      if (over) return false;
      std::this_thread::yield();
    }
    return true;
  }
  void append_at_the_worst_moment() {
    for (int round = 0; round < rounds; ++round) {
      const auto stream = static_cast<std::size_t>(round % 3);
      if (!reached(asks, round)) return;
      for (int moments = round / 3 % 400; moments > 0; --moments) ring::pause();
      appended_at = Clock::now().time_since_epoch().count();
      several.out[stream].append(round);
      if (!reached(woke, round)) return;
      // Nobody is asked any more: the next round has each to ask anew.
      for (Writer<int>& writer : several.out) writer.append(round);
      ++cleared;
    }
  }

  Several several{3};
  std::atomic<bool> over{false};
  std::atomic<int> asks{0};
  std::atomic<int> woke{0};
  std::atomic<int> cleared{0};
  std::atomic<Clock::rep> appended_at{0};
};

/// A lost wake shows as a sleep that lasts until the next look at the writers.
TEST_F(FallingAsleep, LosesNoWake) {
  std::thread writer([&] { append_at_the_worst_moment(); });
  constexpr int most_slow = 10;  // the machine may have something else to do
  const auto enough = Clock::now() + 5s;
  int slow = 0;
  for (int round = 0; round < rounds && slow <= most_slow && Clock::now() < enough; ++round) {
    const auto streams = several.next();
    ++asks;
    const AnyResult any = sleep_on(streams, 60s);
    const Clock::time_point appended{Clock::duration(appended_at.load())};
    if (any.status != Status::ok || any.which != static_cast<std::size_t>(round % 3)) {
      ADD_FAILURE() << "round " << round << ": " << to_string(any.status) << " of " << any.which;
      break;
    }
    if (Clock::now() - appended > 40ms) ++slow;
    ++woke;
    if (!reached(cleared, round)) break;
    for (Reader<int>& reader : several.in) reader.seek(Start::next());
  }
  over = true;
  writer.join();
  EXPECT_LE(slow, most_slow);
}

// --- what cannot be waited for ---

TEST(WaitAnyOf, NothingIsRefused) {
  EXPECT_THROW(static_cast<void>(wait_any({})), InvalidArgument);
  const std::array streams{Awaited{nullptr, 1}};
  EXPECT_THROW(static_cast<void>(wait_any(streams, Deadline::now())), InvalidArgument);
}

TEST(WaitAnyOf, ItemsThatCannotFollowIsRefused) {
  Several several(1);
  RawReader& reader = several.in[0].raw();
  EXPECT_EQ(Awaited::next_of(reader, 5).count, 5U);
  reader.seek(UINT64_MAX);
  EXPECT_THROW(static_cast<void>(Awaited::next_of(reader)), BadStream);
  EXPECT_EQ(Awaited::next_of(reader, 0).count, UINT64_MAX);
}

}  // namespace
}  // namespace shm
