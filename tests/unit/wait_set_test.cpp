// Wait sets: what they answer, of whom, in which order; and that a sleep on any number of streams is ended by
// each of them.
#include "shm/wait_set.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <optional>
#include <thread>

#include "several_streams.hpp"
#include "shm/error.hpp"
#include "shm/ring/memory.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::name_of;
using test::Several;
using Clock = std::chrono::steady_clock;
using Id = WaitSet::Id;

/// Each stream of `several`, in one set.
struct SetOf {
  explicit SetOf(Several& several, std::uint64_t items = 1) : several_(several) {
    for (Reader<int>& reader : several.in) ids.push_back(set.add(reader.raw(), items));
  }
  [[nodiscard]] WaitSet::Result sleep(Deadline deadline = 60s, const Interrupt* interrupt = nullptr) {
    return set.wait(deadline, interrupt, Waiting::sleep());
  }
  [[nodiscard]] WaitSet::Result look() { return set.wait(Deadline::now()); }
  /// The streams that are ready, by their number, in the order of the answer.
  [[nodiscard]] std::vector<std::size_t> numbers(const WaitSet::Result& result) const {
    std::vector<std::size_t> all;
    for (const WaitSet::Ready& ready : result.ready) {
      all.push_back(static_cast<std::size_t>(std::find(ids.begin(), ids.end(), ready.id) - ids.begin()));
      EXPECT_EQ(ready.reader, &several_.in[all.back()].raw());
    }
    return all;
  }

  WaitSet set;
  std::vector<Id> ids;

 private:
  Several& several_;
};

using Numbers = std::vector<std::size_t>;

TEST(WaitSet, AnswersForAllThatAreReadyEachOnce) {
  Several several(4);
  SetOf all(several);
  several.out[3].append(1);
  several.out[1].append(1);
  several.out[1].append(2);
  several.out[2].close();
  const WaitSet::Result result = all.set.wait();
  EXPECT_EQ(result.status, Status::ok);
  EXPECT_EQ(all.numbers(result), (Numbers{1, 2, 3}));
  EXPECT_EQ(result.ready[0].status, Status::ok);
  EXPECT_EQ(result.ready[1].status, Status::ended);
  EXPECT_EQ(result.ready[2].status, Status::ok);
}

TEST(WaitSet, WaitsForWhatFollowsTheCursorWhereverItIs) {
  Several several(2);
  SetOf all(several);
  several.out[0].append(1);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
  EXPECT_EQ(several.in[0].try_next().item, 1);
  EXPECT_EQ(all.look().status, Status::timed_out);
  several.in[0].seek(Start::oldest());
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
}

TEST(WaitSet, WaitsForAsManyItemsAsAreWantedOfEach) {
  Several several(2);
  SetOf all(several, 3);
  several.out[0].append(1);
  several.out[0].append(2);
  EXPECT_EQ(all.look().status, Status::timed_out);
  all.set.want(all.ids[0], 2);
  EXPECT_EQ(all.numbers(all.look()), Numbers{0});
  all.set.want(all.ids[0], 4);
  all.set.want(all.ids[1], 0);
  EXPECT_EQ(all.numbers(all.look()), Numbers{1});
}

TEST(WaitSet, LooksAtWhatWasAddedAndNotAtWhatWasRemoved) {
  Several several(3);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  all.set.remove(all.ids[1]);
  EXPECT_EQ(all.set.size(), 2U);
  EXPECT_EQ(all.numbers(all.look()), (Numbers{0, 2}));
  all.ids[1] = all.set.add(several.in[1].raw());
  EXPECT_NE(all.ids[1], Id{1});
  Numbers numbers = all.numbers(all.look());
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers, (Numbers{0, 1, 2}));
}

TEST(WaitSet, TakesAStreamMoreThanOnce) {
  Several several(1);
  Reader<int> other = several.in[0].fork();
  WaitSet set;
  const Id one = set.add(several.in[0].raw(), 2);
  const Id two = set.add(other.raw(), 1);
  several.out[0].append(1);
  ASSERT_EQ(set.wait().ready.size(), 1U);
  EXPECT_EQ(set.wait().ready[0].id, two);
  several.out[0].append(2);
  EXPECT_EQ(set.wait().ready.size(), 2U);
  EXPECT_EQ(&set.reader(one), &several.in[0].raw());
}

TEST(WaitSet, ComesFirstToWhoStandsBehindTheFirstOfLastTime) {
  Several several(4);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{1, 2, 3, 0}));
  all.set.remove(all.ids[2]);
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{3, 0, 1}));
  EXPECT_EQ(all.numbers(all.set.wait()), (Numbers{0, 1, 3}));
}

/// Streams that are never silent do not keep the others waiting, not even where only the first of each answer
/// is handled.
TEST(WaitSet, StarvesNobody) {
  constexpr std::size_t streams = 50;
  Several several(streams);
  SetOf all(several);
  for (Writer<int>& writer : several.out) writer.append(1);
  std::map<std::size_t, int> handled;
  for (std::size_t i = 0; i < 10 * streams; ++i) {
    const std::size_t first = all.numbers(all.set.wait()).front();
    ++handled[first];
    several.in[first].seek(Start::newest());  // has more at once
  }
  EXPECT_EQ(handled.size(), streams);
  for (const auto& [stream, times] : handled) EXPECT_EQ(times, 10) << stream;
}

TEST(WaitSet, TimesOutAtItsDeadlineAndNotBefore) {
  Several several(3);
  SetOf all(several);
  for (const Waiting& waiting : {Waiting::spin(), Waiting{}, Waiting::sleep()}) {
    const auto deadline = Clock::now() + 10ms;
    const WaitSet::Result result = all.set.wait(Deadline(deadline), nullptr, waiting);
    EXPECT_EQ(result.status, Status::timed_out);
    EXPECT_TRUE(result.ready.empty());
    EXPECT_GE(Clock::now(), deadline);
  }
}

TEST(WaitSet, IsNotKeptFromWhatIsThereByAnInterrupt) {
  Several several(2);
  SetOf all(several);
  Interrupt stop;
  stop.trigger();
  several.out[1].append(1);
  EXPECT_EQ(all.numbers(all.set.wait(60s, &stop)), Numbers{1});
  EXPECT_EQ(several.in[1].next().item, 1);
  EXPECT_EQ(all.set.wait(60s, &stop).status, Status::interrupted);
}

TEST(WaitSet, SaysWhichReadersOwnInterruptWasTriggered) {
  Interrupt own;
  Several several(1);
  several.open_stream(1, {.interrupt = &own});
  SetOf all(several);
  std::thread other([&] { own.trigger(); });
  const WaitSet::Result result = all.sleep();
  other.join();
  EXPECT_EQ(result.status, Status::ok);
  ASSERT_EQ(all.numbers(result), Numbers{1});
  EXPECT_EQ(result.ready[0].status, Status::interrupted);
}

TEST(WaitSet, SaysThatAWriterWasLostWhereTheReaderAsksForIt) {
  Several several(1);
  several.open_stream(1, {});
  several.open_stream(2, {.writer_loss_is_error = true});
  SetOf all(several);
  several.out[1].leave();
  several.out[2].leave();
  for (int i = 0; i < 2; ++i) {
    const WaitSet::Result result = all.sleep();
    ASSERT_EQ(all.numbers(result), Numbers{2});
    EXPECT_EQ(result.ready[0].status, Status::writer_lost);
  }
  EXPECT_EQ(all.numbers(all.look()), Numbers{2});  // a look says it too
  Writer<int> next(name_of(2), {.history = 64});
  EXPECT_EQ(all.look().status, Status::timed_out);
  next.append(7);
  EXPECT_EQ(all.numbers(all.sleep()), Numbers{2});
  next.leave();
}

TEST(WaitSet, MovesWithWhatIsInIt) {
  Several several(2);
  SetOf all(several);
  WaitSet moved = std::move(all.set);
  several.out[1].append(1);
  EXPECT_EQ(moved.wait().ready[0].id, all.ids[1]);
}

TEST(WaitSet, RefusesWhatCannotBe) {
  WaitSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_THROW(static_cast<void>(set.wait(1ms)), InvalidArgument);
  EXPECT_THROW(set.remove(Id{0}), InvalidArgument);
  EXPECT_THROW(set.want(Id{7}, 1), InvalidArgument);
  Several several(1);
  const Id id = set.add(several.in[0].raw());
  several.in[0].raw().seek(UINT64_MAX);
  EXPECT_THROW(static_cast<void>(set.wait(1ms)), BadStream);
  set.remove(id);
  EXPECT_THROW(static_cast<void>(set.reader(id)), InvalidArgument);
}

// --- asleep, on the streams themselves and with listeners ---

/// Streams with rings as small as they get, and open files enough for them.
class Sleeping : public ::testing::TestWithParam<std::size_t> {
 protected:
  Sleeping() {
    ::rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
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

INSTANTIATE_TEST_SUITE_P(Streams, Sleeping, ::testing::Values(1, 127, 128, 129, 260));

TEST_P(Sleeping, EndsForEach) {
  for (const std::size_t stream : {std::size_t{0}, GetParam() / 2, GetParam() - 1}) {
    EXPECT_EQ(once_asleep([&] { several.out[stream].append(1); }), std::pair(Status::ok, Numbers{stream}));
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
}

TEST_P(Sleeping, EndsByAnInterruptFromAnotherThread) {
  Interrupt stop;
  EXPECT_EQ(once_asleep([&] { stop.trigger(); }, &stop), std::pair(Status::interrupted, Numbers{}));
}

TEST_P(Sleeping, EndsByAnInterruptFromASignalHandler) {
  static Interrupt stop;
  stop.reset();
  const auto before = std::signal(SIGUSR1, [](int) { stop.trigger(); });
  EXPECT_EQ(once_asleep([&] { std::raise(SIGUSR1); }, &stop), std::pair(Status::interrupted, Numbers{}));
  std::signal(SIGUSR1, before);
}

TEST_P(Sleeping, EndsWithAStream) {
  EXPECT_EQ(once_asleep([&] { several.out.back().close(); }), std::pair(Status::ok, Numbers{GetParam() - 1}));
}

TEST_P(Sleeping, GoesOnWithStreamsAddedAndRemoved) {
  several.out[0].append(1);
  EXPECT_EQ(all->numbers(all->sleep()), Numbers{0});
  all->set.remove(all->ids[0]);
  several.open_stream(GetParam(), {});
  all->ids.push_back(all->set.add(several.in.back().raw()));
  // Stream 0 has its request; what is appended there is nobody's business any more.
  std::thread sleeper([&] { EXPECT_EQ(all->numbers(all->sleep()), Numbers{GetParam()}); });
  EXPECT_TRUE(eventually([&] { return several.wake_at(GetParam()) != layout::wake_nobody; }));
  several.out[0].append(2);
  several.out.back().append(1);
  sleeper.join();
}

/// A stream in turn is appended to when the sleeper is just about to ask, to look, to fall asleep: a little
/// later in each round. A lost wake shows as a sleep that lasts until the next look at the writers.
TEST_P(Sleeping, LosesNoWake) {
  const std::size_t streams = GetParam();
  constexpr int rounds = test::turns(3000);
  constexpr int most_slow = 10;  // the machine may have something else to do
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
  const auto enough = Clock::now() + 5s;
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

class SleepingOnVeryMany : public Sleeping {};
INSTANTIATE_TEST_SUITE_P(Streams, SleepingOnVeryMany, ::testing::Values(1000));

TEST_P(SleepingOnVeryMany, EndsForEachAndForAll) {
  for (std::size_t stream = 0; stream < GetParam(); stream += 111) {
    EXPECT_EQ(once_asleep([&] { several.out[stream].append(1); }), std::pair(Status::ok, Numbers{stream}));
    EXPECT_EQ(several.in[stream].next().item, 1);
  }
  for (Writer<int>& writer : several.out) writer.append(2);
  EXPECT_EQ(all->sleep().ready.size(), GetParam());
}

}  // namespace
}  // namespace shm
