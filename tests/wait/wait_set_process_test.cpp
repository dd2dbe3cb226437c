// SPDX-License-Identifier: Apache-2.0

// Wait sets and descriptors of streams whose writers are other processes, which are killed; and the state that a
// process leaves if it is killed during a wait.
#include "shm/wait/wait_set.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "shm/layout/control_layout.hpp"
#include "shm/storage/survive_truncation.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "shm/wait/ready_fd.hpp"
#include "support/open_files.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/raw_file.hpp"
#include "support/require.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"
#include "without_futex_waitv.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;

std::string name_of(std::size_t stream) { return "set/" + std::to_string(stream); }

/// Writers of the streams with these numbers, each with one item appended.
struct Writers {
  Writers(std::size_t first, std::size_t count, int item) {
    for (std::size_t i = first; i < first + count; ++i) {
      out.emplace_back(name_of(i), StreamOptions{.history = 16});
      out.back().append(item);
    }
  }
  std::vector<Writer<int>> out;
};

/// A process that has these writers until it is killed.
std::function<int()> writing(std::size_t first, std::size_t count, int item) {
  return [first, count, item] {
    const Writers writers(first, count, item);
    for (;;) ::pause();
    return 0;
  };
}

/// Readers of a number of streams, and a set of them.
struct Readers {
  explicit Readers(std::size_t count, const ReaderOptions& options = {.wait_for_stream = 60s}) {
    in.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      in.emplace_back(name_of(i), Start::oldest(), options);
      ids.push_back(set.add(in.back().raw()));
    }
  }
  [[nodiscard]] WaitSet::Result sleep(Deadline deadline = 60s) {
    return set.wait(deadline, nullptr, WaitStrategy::sleep());
  }
  /// Takes one item of each stream; returns false unless all are `item`.
  [[nodiscard]] bool take(int item) {
    return std::all_of(in.begin(), in.end(),
                       [item](Reader<int>& reader) { return reader.next(60s).item == item; });
  }
  [[nodiscard]] std::size_t number_of(WaitSet::Id id) const {
    return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
  }
  std::vector<Reader<int>> in;
  WaitSet set;
  std::vector<WaitSet::Id> ids;
};

bool readable(int fd, std::chrono::milliseconds limit) {
  ::pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(limit.count())) == 1;
}

class WaitSetProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::may_open_streams(300)) GTEST_SKIP() << test::too_few_files;
  }
  [[nodiscard]] bool are_asked_for(std::size_t count, Index index) const {
    for (std::size_t i = 0; i < count; ++i) {
      const auto path = directory.path() / (name_of(i) + ".control");
      if (!std::filesystem::exists(path) ||
          test::peek_file<std::uint64_t>(path, offsetof(layout::ControlHeader, wake_at)) != index) {
        return false;
      }
    }
    return true;
  }
  test::TestDirectory directory;
};

TEST_F(WaitSetProcessTest, SleepsOn300StreamsThroughTheDeathOfAThirdOfThem) {
  Process sleeper([] {
    Readers readers(300);
    SHM_REQUIRE(readers.take(1));
    for (std::size_t left = 100; left > 0;) {  // only items of the next writer end the sleep
      const WaitSet::Result result = readers.sleep();
      SHM_REQUIRE(result.status == Status::ok);
      for (const auto& [id, reader, status] : result.ready) {
        const std::size_t number = readers.number_of(id);
        SHM_REQUIRE(status == Status::ok);
        SHM_REQUIRE(number >= 100 && number < 200);
        SHM_REQUIRE(readers.in[number].try_next().item == 2);
        --left;
      }
    }
    return 0;
  });
  Process first(writing(0, 100, 1));
  Process killed(writing(100, 100, 1));
  Process last(writing(200, 100, 1));
  ASSERT_TRUE(eventually([&] { return are_asked_for(300, 1); }));
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait().signal, SIGKILL);
  EXPECT_TRUE(sleeper.running());
  Process next(writing(100, 100, 2));
  EXPECT_EQ(sleeper.wait(60s).exit_code, 0);
}

TEST_F(WaitSetProcessTest, ReportsWhichOf300WritersWereKilledIfTheirLossIsAnError) {
  Process sleeper([] {
    Readers readers(300, {.writer_loss_is_error = true, .wait_for_stream = 60s});
    SHM_REQUIRE(readers.take(1));
    for (std::size_t left = 100; left > 0;) {
      const WaitSet::Result result = readers.sleep();
      SHM_REQUIRE(result.status == Status::ok);
      for (const auto& [id, reader, status] : result.ready) {
        const std::size_t number = readers.number_of(id);
        SHM_REQUIRE(status == Status::writer_lost);
        SHM_REQUIRE(number >= 100 && number < 200);
        --left;
      }
      const std::vector<WaitSet::Ready> lost(result.ready.begin(), result.ready.end());
      for (const WaitSet::Ready& one : lost) readers.set.remove(one.id);
    }
    SHM_REQUIRE(readers.sleep(150ms).status == Status::timed_out);  // the others live
    return 0;
  });
  Process first(writing(0, 100, 1));
  Process killed(writing(100, 100, 1));
  Process last(writing(200, 100, 1));
  ASSERT_TRUE(eventually([&] { return are_asked_for(300, 1); }));
  killed.signal(SIGKILL);
  EXPECT_EQ(sleeper.wait(60s).exit_code, 0);
}

/// A set with wake threads, and descriptors with a notifier thread.
TEST_F(WaitSetProcessTest, ASleeperThatIsKilledLeavesOneNeedlessWakeInEachStreamAtMost) {
  Writers writers(0, 150, 0);
  const auto files = [this] {
    const std::filesystem::recursive_directory_iterator all(directory.path());
    return std::distance(begin(all), end(all));
  };
  const auto before = files();
  Process sleeper([] {
    Readers readers(150);
    SHM_REQUIRE(readers.take(0));
    const ReadyFd of_all(readers.set);
    const ReadyFd of_one(readers.in[0].raw());
    return static_cast<int>(readers.sleep().status);
  });
  ASSERT_TRUE(eventually([&] { return are_asked_for(150, 1); }));
  sleeper.signal(SIGKILL);
  EXPECT_EQ(sleeper.wait().signal, SIGKILL);
  for (Writer<int>& writer : writers.out) {
    EXPECT_TRUE(writer.readers().empty());
    writer.append(1);
  }
  EXPECT_TRUE(are_asked_for(150, layout::wake_nobody));
  EXPECT_EQ(files(), before);
}

TEST_F(WaitSetProcessTest, ADescriptorIsReadableWhenTheWriterWasKilledAndWhenTheNextOneWrites) {
  Process killed(writing(0, 1, 1));
  Readers readers(1, {.writer_loss_is_error = true, .wait_for_stream = 60s});
  ReadyFd ready(readers.in[0].raw());
  ASSERT_TRUE(readable(ready.fd(), 60s));
  EXPECT_EQ(readers.in[0].try_next().item, 1);
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  EXPECT_FALSE(readable(ready.fd(), 150ms));
  killed.signal(SIGKILL);
  ASSERT_TRUE(readable(ready.fd(), 60s));
  EXPECT_EQ(ready.rearm(), Status::writer_lost);
  Process next(writing(0, 1, 2));
  while (ready.rearm() == Status::writer_lost) std::this_thread::yield();
  ASSERT_TRUE(readable(ready.fd(), 60s));
  EXPECT_EQ(readers.in[0].try_next().item, 2);
}

/// On silent streams the threads look at the writers every 100 ms, and do nothing in between.
TEST_F(WaitSetProcessTest, SleepsOn300StreamsAndDoesNotPoll) {
  const Writers writers(0, 300, 1);
  Process sleeper([] {
    Readers readers(300);
    SHM_REQUIRE(readers.take(1));
    const ReadyFd ready(readers.set);
    SHM_REQUIRE(readers.sleep(10ms).status == Status::timed_out);  // do the work of the first wait
    ::rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    SHM_REQUIRE(readers.sleep(400ms).status == Status::timed_out);
    ::rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    SHM_REQUIRE(after.ru_nvcsw - before.ru_nvcsw >= 1);
    SHM_REQUIRE(after.ru_nvcsw - before.ru_nvcsw <= 40);  // this thread, three helpers, and a sanitizer's
    return 0;
  });
  EXPECT_EQ(sleeper.wait().exit_code, 0);
}

/// The helper thread of a descriptor that is never destroyed runs until the process ends, and does not delay the end.
TEST_F(WaitSetProcessTest, AProcessEndsWithDescriptorsThatWereNotDestroyed) {
  const Writers writers(0, 3, 1);
  for (int i = 0; i < 5; ++i) {
    Process program([] {
      static Readers readers(3);
      static std::vector<ReadyFd> ready;
      for (Reader<int>& reader : readers.in) ready.emplace_back(reader.raw());
      static ReadyFd& forgotten = *new ReadyFd(readers.set);
      static_cast<void>(forgotten);
      std::exit(0);  // destroys the statics
      return 0;
    });
    EXPECT_EQ(program.wait().exit_code, 0);
  }
}

/// A child does not have its parent's threads: it can only destroy the objects that it inherited, and makes its own.
TEST_F(WaitSetProcessTest, AForkedChildDestroysInheritedSetsAndMakesItsOwn) {
  // A fork does not take the locks of a sanitizer's runtime: a helper may have held one.
  if (test::with_thread_sanitizer || test::with_address_sanitizer) GTEST_SKIP() << "not with its runtime";
  Writers writers(0, 200, 1);
  Readers readers(200);
  ASSERT_TRUE(readers.take(1));
  auto ready = std::make_unique<ReadyFd>(readers.set);
  ASSERT_EQ(readers.sleep(1ms).status, Status::timed_out);  // the set has wake threads
  Process child([&] {
    ready.reset();
    readers.set = WaitSet();
    Readers own(200);
    SHM_REQUIRE(own.take(1));
    ReadyFd of_own(own.set);
    SHM_REQUIRE(readable(of_own.fd(), 60s));
    const WaitSet::Result result = own.sleep();
    SHM_REQUIRE(result.ready.size() == 1);
    SHM_REQUIRE(own.number_of(result.ready[0].id) == 150);
    return 0;
  });
  ASSERT_TRUE(eventually([&] { return writers.out[150].readers().size() == 2 || !child.running(); }));
  ASSERT_TRUE(eventually([&] {
    const auto all = writers.out[199].readers();
    return (all.size() == 2 && all[1].cursor == 1) || !child.running();
  }));
  writers.out[150].append(2);
  EXPECT_EQ(child.wait().exit_code, 0);
  EXPECT_TRUE(readable(ready->fd(), 60s));
  EXPECT_EQ(readers.sleep().ready.size(), 1U);
}

/// A fault in a mapping reaches the helper that caused it, although its other signals are blocked.
TEST_F(WaitSetProcessTest, SurvivesAControlFileThatIsShortenedDuringASleep) {
  if (test::with_thread_sanitizer) GTEST_SKIP() << "its runtime does not support faults";
  Process program([this] {
    std::signal(SIGBUS, SIG_DFL);  // not a sanitizer's
    survive_truncation();
    Writers writers(0, 1, 1);
    Readers readers(1);
    ReadyFd ready(readers.in[0].raw());
    for (int item = 1; item < 4; ++item) {
      SHM_REQUIRE(readable(ready.fd(), 60s));
      SHM_REQUIRE(readers.in[0].try_next().item == item);
      SHM_REQUIRE(ready.rearm() == Status::not_yet);
      SHM_REQUIRE(::truncate((directory.path() / (name_of(0) + ".control")).c_str(), 0) == 0);
      writers.out[0].append(item + 1);
    }
    return 0;
  });
  const test::Finished finished = program.wait(60s);
  EXPECT_EQ(finished.exit_code, 0) << "signal " << finished.signal;
}

class WaitSetOnOldKernelTest : public WaitSetProcessTest, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(FutexWaitv, WaitSetOnOldKernelTest, ::testing::Values(ENOSYS, EPERM));

TEST_P(WaitSetOnOldKernelTest, SeesEveryStreamsItemsAndItsInterrupt) {
  Writers writers(0, 150, 1);
  Process sleeper([error = GetParam()] {
    if (!test::without_futex_waitv(error)) return test::not_permitted;
    Readers readers(150);
    SHM_REQUIRE(readers.take(1));
    ReadyFd ready(readers.set);
    for (int i = 0; i < 2; ++i) {
      const WaitSet::Result result = readers.sleep();
      SHM_REQUIRE(result.ready.size() == 1);
      SHM_REQUIRE(readable(ready.fd(), 60s));
      SHM_REQUIRE(readers.in[readers.number_of(result.ready[0].id)].next().item == 2);
      SHM_REQUIRE(ready.rearm() == Status::not_yet || i == 0);
    }
    Interrupt stop;
    std::thread other([&] { stop.trigger(); });
    SHM_REQUIRE(readers.set.wait(60s, &stop).status == Status::interrupted);
    other.join();
    return 0;
  });
  for (const std::size_t stream : {140U, 3U}) {
    static_cast<void>(eventually([&] { return are_asked_for(1, 1) || !sleeper.running(); }));
    writers.out[stream].append(2);
    static_cast<void>(eventually([&] {
      return std::ranges::any_of(writers.out[stream].readers(),
                                 [](const ReaderInfo& reader) { return reader.cursor == 2; }) ||
             !sleeper.running();
    }));
  }
  const int code = sleeper.wait().exit_code;
  if (code == test::not_permitted) GTEST_SKIP() << "no filter of system calls here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace shm
