// SPDX-License-Identifier: Apache-2.0

// Sleeping on several streams at once: the events that end the sleep, and that no wake is lost.
#include "several_streams.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "shm/base/error.hpp"
#include "shm/ring/shared_memory_ops.hpp"
#include "support/exhaustive.hpp"
#include "support/open_files.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::expect;
using test::name_of;
using test::Several;
using Clock = std::chrono::steady_clock;

AnyResult sleep_on(std::span<const Awaited> streams, Deadline deadline = Deadline::never(),
                   const Interrupt* interrupt = nullptr) {
  return wait_any(streams, deadline, interrupt, WaitStrategy::sleep());
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

class WaitAnySleepTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (!test::may_open_streams(GetParam())) GTEST_SKIP() << test::too_few_files;
  }
};

INSTANTIATE_TEST_SUITE_P(Streams, WaitAnySleepTest, ::testing::Values(1, 2, 64, 127, 128, 129, 200));

TEST_P(WaitAnySleepTest, ASleepEndsForTheStreamThatHasAnItem) {
  Several several(GetParam());
  for (const std::size_t stream : {std::size_t{0}, GetParam() / 2, GetParam() - 1}) {
    const auto before = several.next();
    expect(once_asleep(several, before, [&] { several.out[stream].append(1); }), Status::ok, stream);
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST_P(WaitAnySleepTest, ASleepEndsByAnInterrupt) {
  Several several(GetParam());
  Interrupt stop;
  expect(once_asleep(
             several, several.next(), [&] { stop.trigger(); }, &stop),
         Status::interrupted, GetParam());
}

TEST_P(WaitAnySleepTest, ASleepEndsByTheLastReadersOwnInterrupt) {
  std::vector<Interrupt> stops(GetParam());
  Several several(0);
  for (std::size_t i = 0; i < GetParam(); ++i) several.open_stream(i, {.interrupt = &stops[i]});
  expect(once_asleep(several, several.next(), [&] { stops.back().trigger(); }), Status::interrupted,
         GetParam() - 1);
}

TEST(WaitAnyRequestTest, AsksEachStreamForTheIndexItWants) {
  Several several(3);
  const std::vector<Awaited> streams{
      {&several.in[0].raw(), 10}, {&several.in[1].raw(), 20}, {&several.in[2].raw(), 30}};
  const AnyResult result = once_asleep(several, streams, [&] {
    EXPECT_EQ(several.wake_at(0), 9U);
    EXPECT_EQ(several.wake_at(1), 19U);
    EXPECT_EQ(several.wake_at(2), 29U);
    for (int i = 0; i < 9; ++i) several.out[0].append(i);
    for (int i = 0; i < 19; ++i) several.out[1].append(i);
    EXPECT_EQ(several.wake_at(0), 9U);  // those items wake no reader
    EXPECT_EQ(several.wake_at(1), 19U);
    for (int i = 0; i < 30; ++i) several.out[2].append(i);
  });
  expect(result, Status::ok, 2);
}

TEST(WaitAnyRequestTest, AsksForNoWakeWhenItSpinsOrOnlyLooks) {
  Several several(3);
  expect(wait_any(several.next(), 5ms, nullptr, WaitStrategy::spin()), Status::timed_out, 3);
  expect(sleep_on(several.next(), Deadline::now()), Status::timed_out, 3);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(several.wake_at(i), layout::wake_nobody);
}

/// In every stream, the requests that one membarrier ordered are announced to later sleepers.
TEST(WaitAnyRequestTest, AnnouncesItsRequests) {
  Several several(3);
  expect(sleep_on(several.next(), 1ms), Status::timed_out, 3);
  for (std::size_t i = 0; i < 3; ++i) {
    if (several.out[i].info().writer.fences) GTEST_SKIP() << "there is no membarrier here";
    EXPECT_NE(test::peek_file<std::uint64_t>(several.directory.path() / (name_of(i) + ".control"),
                                             offsetof(layout::ControlHeader, standing_request)),
              0U);
  }
}

TEST(WaitAnyRequestTest, IsWokenByAWriterThatFencesAmongWritersThatDoNot) {
  Several several(1);
  ::setenv("LIBSHM_NO_MEMBARRIER", "1", 1);
  several.open_stream(1, {});
  ::unsetenv("LIBSHM_NO_MEMBARRIER");
  several.open_stream(2, {});
  EXPECT_TRUE(several.out[1].info().writer.fences);
  for (const std::size_t stream : {1U, 2U, 0U}) {
    expect(once_asleep(several, several.next(), [&] { several.out[stream].append(1); }), Status::ok, stream);
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST(WaitAnyRequestTest, SeesItemsWithoutAControlFile) {
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

TEST(WaitAnyRequestTest, TakesAStreamMoreThanOnce) {
  Several several(2);
  Reader<int> other = several.in[1].fork();
  const std::vector<Awaited> streams{
      {&several.in[1].raw(), 3}, {&several.in[0].raw(), 1}, {&several.in[1].raw(), 2}, {&other.raw(), 1}};
  expect(once_asleep(several, streams, [&] { several.out[1].append(1); }), Status::ok, 3);
  expect(once_asleep(several, {streams.begin(), streams.end() - 1}, [&] { several.out[1].append(2); }),
         Status::ok, 2);
}

TEST(WaitAnyRequestTest, LeavesOneNeedlessWakeAtMostInEachStream) {
  Several several(2);
  expect(once_asleep(several, several.next(), [&] { several.out[0].append(1); }), Status::ok, 0);
  EXPECT_EQ(several.wake_at(0), layout::wake_nobody);
  EXPECT_EQ(several.wake_at(1), 0U);
  several.out[1].append(1);
  EXPECT_EQ(several.wake_at(1), layout::wake_nobody);
}

/// Three streams whose readers sleep, and a thread that appends to one of them while the sleeper asks, looks and
/// falls asleep, a little later in each round.
class WaitAnyRaceTest : public ::testing::Test {
 protected:
  inline static const int rounds = test::turns(20'000);

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
      // These appends serve all requests: in the next round each reader has to ask anew.
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

/// After a lost wake, the sleep lasts until the next look at the writers.
TEST_F(WaitAnyRaceTest, LosesNoWakeWhileFallingAsleep) {
  std::thread writer([&] { append_at_the_worst_moment(); });
  constexpr int most_slow = 10;  // the machine may be busy
  const auto enough = Clock::now() + test::exhaustive_or(5s, 1s);
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

}  // namespace
}  // namespace shm
