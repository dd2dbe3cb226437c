// SPDX-License-Identifier: Apache-2.0

// Sleeping in a wait set, on the streams themselves and with wake threads: the events that end the sleep, and that no
// wake is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

#include "set_of_streams.hpp"
#include "shm/ring/shared_memory_ops.hpp"
#include "support/exhaustive.hpp"
#include "support/open_files.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Numbers;
using test::SetOf;
using test::Several;
using Clock = std::chrono::steady_clock;

/// Streams with the smallest rings, and enough open files for them.
class WaitSetSleepTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    if (!test::may_open_streams(GetParam())) GTEST_SKIP() << test::too_few_files;
    several.in.reserve(GetParam() + 1);  // readers in a set stay where they are
    for (std::size_t i = 0; i < GetParam(); ++i) several.open_stream(i, {});
    all.emplace(several);
  }
  /// Runs a wait on another thread, until it is about to sleep, then the rest.
  template <class Then>
  std::pair<Status, Numbers> once_asleep(Then then, const Interrupt* interrupt = nullptr) {
    std::pair<Status, Numbers> result;
    std::thread sleeper([&] {
      const WaitSet::Result woken = all->sleep(60s, interrupt);
      result = {woken.status, all->numbers(woken)};
    });
    EXPECT_TRUE(eventually([&] { return several.all_are_asked(); }));
    then();
    sleeper.join();
    return result;
  }

  Several several{0};
  std::optional<SetOf> all;
};

INSTANTIATE_TEST_SUITE_P(Streams, WaitSetSleepTest, ::testing::Values(1, 127, 128, 129, 260));

TEST_P(WaitSetSleepTest, ASleepEndsForEachStream) {
  for (const std::size_t stream : {std::size_t{0}, GetParam() / 2, GetParam() - 1}) {
    EXPECT_EQ(once_asleep([&] { several.out[stream].append(1); }), std::pair(Status::ok, Numbers{stream}));
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST_P(WaitSetSleepTest, ASleepEndsByAnInterruptFromAnotherThread) {
  Interrupt stop;
  EXPECT_EQ(once_asleep([&] { stop.trigger(); }, &stop), std::pair(Status::interrupted, Numbers{}));
}

TEST_P(WaitSetSleepTest, ASleepEndsByAnInterruptFromASignalHandler) {
  static Interrupt stop;
  stop.reset();
  const auto before = std::signal(SIGUSR1, [](int) { stop.trigger(); });
  EXPECT_EQ(once_asleep([&] { std::raise(SIGUSR1); }, &stop), std::pair(Status::interrupted, Numbers{}));
  std::signal(SIGUSR1, before);
}

TEST_P(WaitSetSleepTest, ASleepEndsWithTheEndOfAStream) {
  EXPECT_EQ(once_asleep([&] { several.out.back().close(); }), std::pair(Status::ok, Numbers{GetParam() - 1}));
}

TEST_P(WaitSetSleepTest, ASleepFollowsAddedAndRemovedStreams) {
  several.out[0].append(1);
  EXPECT_EQ(all->numbers(all->sleep()), Numbers{0});
  all->set.remove(all->ids[0]);
  several.open_stream(GetParam(), {});
  all->ids.push_back(all->set.add(several.in.back().raw()));
  // Stream 0 still has its request, but appends there must no longer wake the reader.
  std::thread sleeper([&] { EXPECT_EQ(all->numbers(all->sleep()), Numbers{GetParam()}); });
  EXPECT_TRUE(eventually([&] { return several.wake_at(GetParam()) != layout::wake_nobody; }));
  several.out[0].append(2);
  several.out.back().append(1);
  sleeper.join();
}

/// Each round appends to the next stream while the sleeper asks, looks and falls asleep, a little later than the
/// round before. After a lost wake, the sleep lasts until the next look at the writers.
TEST_P(WaitSetSleepTest, LosesNoWake) {
  const std::size_t streams = GetParam();
  const int rounds = test::turns(3000);
  constexpr int most_slow = 10;  // the machine may be busy
  std::atomic<int> asks{0};
  std::atomic<bool> over{false};
  std::atomic<Clock::rep> appended_at{0};
  const auto stream_of = [streams](int round) { return static_cast<std::size_t>(round) * 37 % streams; };
  std::thread writer([&] {
    for (int round = 0; round < rounds; ++round) {
      while (asks.load() <= round) {
        if (over) return;
        std::this_thread::yield();
      }
      for (int moments = round % 400; moments > 0; --moments) ring::pause();
      appended_at = Clock::now().time_since_epoch().count();
      several.out[stream_of(round)].append(round);
    }
  });
  int slow = 0;
  const auto enough = Clock::now() + test::exhaustive_or(5s, 1s);
  for (int round = 0; round < rounds && slow <= most_slow && Clock::now() < enough; ++round) {
    ++asks;
    const WaitSet::Result result = all->sleep();
    const Clock::time_point appended{Clock::duration(appended_at.load())};
    if (Clock::now() - appended > 40ms) ++slow;
    if (all->numbers(result) != Numbers{stream_of(round)}) {
      ADD_FAILURE() << "round " << round << ": " << to_string(result.status);
      break;
    }
    EXPECT_EQ(several.in[stream_of(round)].try_next().item, round);
  }
  over = true;
  writer.join();
  EXPECT_LE(slow, most_slow);
}

class WaitSetLargeSleepTest : public WaitSetSleepTest {};
INSTANTIATE_TEST_SUITE_P(Streams, WaitSetLargeSleepTest, ::testing::Values(1000));

TEST_P(WaitSetLargeSleepTest, ASleepEndsForEachStreamAndForAll) {
  for (std::size_t stream = 0; stream < GetParam(); stream += 111) {
    EXPECT_EQ(once_asleep([&] { several.out[stream].append(1); }), std::pair(Status::ok, Numbers{stream}));
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
  for (Writer<int>& writer : several.out) writer.append(2);
  EXPECT_EQ(all->sleep().ready.size(), GetParam());
}

}  // namespace
}  // namespace shm
