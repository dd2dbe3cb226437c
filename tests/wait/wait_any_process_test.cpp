// SPDX-License-Identifier: Apache-2.0

// Waiting for several streams whose writers are other processes, which are killed and followed by others. A sleep is
// one sleep, not a poll.
#include "shm/wait/wait_any.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include "shm/layout/control_layout.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
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

std::string name_of(std::size_t stream) { return "several/" + std::to_string(stream); }

/// Readers of a number of streams that wait for their next items.
struct Readers {
  explicit Readers(std::size_t count, const ReaderOptions& options = {.wait_for_stream = 30s}) {
    for (std::size_t i = 0; i < count; ++i) in.emplace_back(name_of(i), Start::oldest(), options);
  }
  [[nodiscard]] AnyResult wait(Deadline deadline = 30s) {
    std::vector<Awaited> streams;
    for (Reader<int>& reader : in) streams.push_back(Awaited::next_of(reader.raw()));
    return wait_any(streams, deadline, nullptr, WaitStrategy::sleep());
  }
  std::vector<Reader<int>> in;
};

class WaitAnyProcessTest : public ::testing::Test {
 protected:
  /// Appends one item, and lives until it is killed.
  [[nodiscard]] static std::function<int()> writer_of(std::size_t stream, int item) {
    return [stream, item] {
      Writer<int> writer(name_of(stream), {.history = 64});
      writer.append(item);
      ::pause();
      return 0;
    };
  }
  void open_streams(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) out.emplace_back(name_of(i), StreamOptions{.history = 64});
  }
  [[nodiscard]] bool is_asked_for(std::size_t stream, Index index) const {
    const auto path = directory.path() / (name_of(stream) + ".control");
    return std::filesystem::exists(path) &&
           test::peek_file<std::uint64_t>(path, offsetof(layout::ControlHeader, wake_at)) == index;
  }

  test::TestDirectory directory;
  std::vector<Writer<int>> out;
};

TEST_F(WaitAnyProcessTest, IsWokenByWritersInOtherProcesses) {
  const int turns = test::turns(300);
  open_streams(3);
  Process echo([turns] {  // sends each item back on the stream of the same number
    std::vector<Writer<int>> back;
    for (std::size_t i = 3; i < 6; ++i) back.emplace_back(name_of(i), StreamOptions{.history = 64});
    Readers readers(3);
    for (int i = 0; i < turns; ++i) {
      const AnyResult any = readers.wait();
      SHM_REQUIRE(any.status == Status::ok);
      back[any.which].append(readers.in[any.which].next().item);
    }
    for (Writer<int>& writer : back) writer.detach();  // not ended: the last one is still to be read
    return 0;
  });
  std::vector<Reader<int>> in;
  for (std::size_t i = 3; i < 6; ++i) {
    in.emplace_back(name_of(i), Start::oldest(), ReaderOptions{.wait_for_stream = 30s});
  }
  for (int i = 0; i < turns; ++i) {
    const auto stream = static_cast<std::size_t>(i % 3);
    out[stream].append(i);
    const std::array streams{Awaited::next_of(in[0].raw()), Awaited::next_of(in[1].raw()),
                             Awaited::next_of(in[2].raw())};
    const AnyResult any = wait_any(streams, 30s);
    ASSERT_EQ(any.status, Status::ok);
    ASSERT_EQ(any.which, stream);
    ASSERT_EQ(in[stream].try_next().item, i);
  }
  EXPECT_EQ(echo.wait().exit_code, 0);
}

TEST_F(WaitAnyProcessTest, SleepsThroughTheDeathOfAWriterAndIsWokenByTheNext) {
  Process sleeper([] {
    Readers readers(3);
    for (Reader<int>& reader : readers.in) SHM_REQUIRE(reader.next(30s).item == 1);
    const AnyResult any = readers.wait();
    SHM_REQUIRE(any.status == Status::ok);
    SHM_REQUIRE(any.which == 1);
    SHM_REQUIRE(readers.in[1].try_next().item == 2);
    return 0;
  });
  Process first(writer_of(0, 1));
  Process killed(writer_of(1, 1));
  Process last(writer_of(2, 1));
  ASSERT_TRUE(eventually([&] { return is_asked_for(0, 1) && is_asked_for(1, 1) && is_asked_for(2, 1); }));
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait().signal, SIGKILL);
  EXPECT_TRUE(sleeper.running());
  Process next(writer_of(1, 2));
  EXPECT_EQ(sleeper.wait().exit_code, 0);
}

TEST_F(WaitAnyProcessTest, ReportsAKilledWriterIfItsLossIsAnError) {
  Process sleeper([] {
    Readers readers(3, {.writer_loss_is_error = true, .wait_for_stream = 30s});
    for (Reader<int>& reader : readers.in) SHM_REQUIRE(reader.next(30s).item == 1);
    const AnyResult any = readers.wait();
    SHM_REQUIRE(any.status == Status::writer_lost);
    SHM_REQUIRE(any.which == 2);
    return 0;
  });
  Process first(writer_of(0, 1));
  Process second(writer_of(1, 1));
  Process killed(writer_of(2, 1));
  ASSERT_TRUE(eventually([&] { return is_asked_for(0, 1) && is_asked_for(1, 1) && is_asked_for(2, 1); }));
  killed.signal(SIGKILL);
  EXPECT_EQ(sleeper.wait().exit_code, 0);
}

TEST_F(WaitAnyProcessTest, ASleeperThatIsKilledLeavesOneNeedlessWakeInEachStreamAtMost) {
  open_streams(3);
  Process sleeper([] { return static_cast<int>(Readers(3).wait().status); });
  ASSERT_TRUE(eventually([&] { return is_asked_for(0, 0) && is_asked_for(1, 0) && is_asked_for(2, 0); }));
  sleeper.signal(SIGKILL);
  sleeper.wait();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(out[i].readers().empty());
    out[i].append(1);
    EXPECT_TRUE(is_asked_for(i, layout::wake_nobody));
  }
}

/// Returns the resources that this thread has used so far.
::rusage cost() {
  ::rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage;
}

std::chrono::microseconds time_of(const ::rusage& usage) {
  const auto of = [](const ::timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Sleeps on silent streams: the thread looks at the writers every 100 ms, and does nothing in between.
int sleep_in_silence(std::size_t streams) {
  Readers readers(streams);
  SHM_REQUIRE(readers.wait(1ms).status == Status::timed_out);  // do the work of the first wait
  const ::rusage before = cost();
  const AnyResult any = readers.wait(300ms);
  const ::rusage after = cost();
  SHM_REQUIRE(any.status == Status::timed_out);
  SHM_REQUIRE(any.which == streams);
  SHM_REQUIRE(after.ru_nvcsw - before.ru_nvcsw >= 1);
  SHM_REQUIRE(after.ru_nvcsw - before.ru_nvcsw <= 10);
  SHM_REQUIRE(time_of(after) - time_of(before) < 30ms);
  return 0;
}

TEST_F(WaitAnyProcessTest, SleepsOnFiveStreamsAndDoesNotPoll) {
  open_streams(5);
  EXPECT_EQ(Process([] { return sleep_in_silence(5); }).wait().exit_code, 0);
}

TEST_F(WaitAnyProcessTest, SleepsOn128StreamsAndDoesNotPoll) {
  open_streams(128);
  EXPECT_EQ(Process([] { return sleep_in_silence(128); }).wait().exit_code, 0);
}

class WaitAnyOnOldKernelTest : public WaitAnyProcessTest, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(FutexWaitv, WaitAnyOnOldKernelTest, ::testing::Values(ENOSYS, EPERM));

TEST_P(WaitAnyOnOldKernelTest, SeesEveryStreamsItemsAndItsInterrupt) {
  open_streams(3);
  Process sleeper([error = GetParam()] {
    if (!test::without_futex_waitv(error)) return test::not_permitted;
    Readers readers(3);
    for (int i = 0; i < 3; ++i) {
      const AnyResult any = readers.wait();
      SHM_REQUIRE(any.status == Status::ok);
      SHM_REQUIRE(readers.in[any.which].next().item == static_cast<int>(any.which));
    }
    SHM_REQUIRE(readers.wait(5ms).status == Status::timed_out);
    Interrupt stop;
    const std::array streams{Awaited::next_of(readers.in[0].raw()), Awaited::next_of(readers.in[1].raw())};
    std::thread other([&] { stop.trigger(); });
    const AnyResult any = wait_any(streams, 30s, &stop, WaitStrategy::sleep());
    other.join();
    SHM_REQUIRE(any.status == Status::interrupted);
    // One reader waits by itself, with an interrupt.
    Reader<int> alone(name_of(0), Start::next(), {.waiting = WaitStrategy::sleep(), .interrupt = &stop});
    SHM_REQUIRE(alone.next(30s).status == Status::interrupted);
    stop.reset();
    SHM_REQUIRE(alone.next(5ms).status == Status::timed_out);
    return 0;
  });
  for (const std::size_t stream : {2U, 0U, 1U}) {
    static_cast<void>(eventually([&] { return is_asked_for(stream, 0) || !sleeper.running(); }));
    out[stream].append(static_cast<int>(stream));
  }
  const int code = sleeper.wait().exit_code;
  if (code == test::not_permitted) GTEST_SKIP() << "no filter of system calls here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace shm
