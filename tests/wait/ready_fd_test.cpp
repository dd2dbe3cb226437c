// SPDX-License-Identifier: Apache-2.0

// Descriptors for readers: they are readable at the right times, and no wake is lost.
#include "shm/wait/ready_fd.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "readable.hpp"
#include "several_streams.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/shared_memory_ops.hpp"
#include "support/exhaustive.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::helpers;
using test::name_of;
using test::readable;
using test::Several;
using Clock = std::chrono::steady_clock;

/// One stream, one reader, one descriptor.
class ReadyFdTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool is_readable() const { return readable(ready.fd()); }
  [[nodiscard]] bool becomes_readable() const { return readable(ready.fd(), 20s); }

  Several several{1, {.writer_loss_is_error = true}};
  Writer<int>& out = several.out[0];
  Reader<int>& in = several.in[0];
  ReadyFd ready{in.raw()};
};

TEST_F(ReadyFdTest, IsReadableOnceAnItemIsPublished) {
  EXPECT_FALSE(is_readable());
  out.append(1);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(in.try_next().item, 1);
}

TEST_F(ReadyFdTest, StaysReadableUntilItIsRearmed) {
  out.append(1);
  EXPECT_TRUE(becomes_readable());
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(in.try_next().item, 1);
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  EXPECT_FALSE(is_readable());
  out.append(2);
  EXPECT_TRUE(becomes_readable());
}

TEST_F(ReadyFdTest, IsReadableAtOnceIfAnItemWasPublishedBeforeRearm) {
  out.append(1);
  out.append(2);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(in.try_next().item, 1);
  EXPECT_EQ(ready.rearm(), Status::ok);
  EXPECT_TRUE(is_readable());
  EXPECT_TRUE(readable(ReadyFd(in.raw()).fd()));
}

TEST_F(ReadyFdTest, AsksForNoWakeWhileItIsReadable) {
  EXPECT_EQ(several.wake_at(0), 0U);
  out.append(1);
  EXPECT_TRUE(becomes_readable());
  for (int i = 0; i < 3; ++i) {
    out.append(2);  // the first may still serve a request of the helper
    EXPECT_EQ(several.wake_at(0), layout::wake_nobody);
  }
}

TEST_F(ReadyFdTest, WaitsForTheWantedNumberOfItems) {
  Reader<int> patient = in.fork();
  ReadyFd three(patient.raw(), 3);
  Reader<int> hasty = in.fork();
  for (int i = 0; i < 2; ++i) {
    ReadyFd one(hasty.raw());
    out.append(i);
    EXPECT_TRUE(readable(one.fd(), 20s));  // the wake for `one` withdraws the request of `three`
    EXPECT_EQ(hasty.next().item, i);
    EXPECT_FALSE(readable(three.fd()));
  }
  out.append(3);
  EXPECT_TRUE(readable(three.fd(), 20s));
}

TEST_F(ReadyFdTest, IsReadableAtTheEndOfTheStream) {
  out.append(1);
  out.close();
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(in.try_next().item, 1);
  EXPECT_EQ(ready.rearm(), Status::ended);
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(in.try_next().status, Status::ended);
}

TEST_F(ReadyFdTest, IsReadableFromTheLossOfTheWriterUntilTheNextWriter) {
  out.detach();
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(ready.rearm(), Status::writer_lost);
  EXPECT_TRUE(is_readable());
  Writer<int> next(name_of(0), {.history = 64});
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  EXPECT_FALSE(is_readable());
  next.append(1);
  EXPECT_TRUE(becomes_readable());
  next.detach();
}

TEST_F(ReadyFdTest, WaitsThroughALostWriterByDefault) {
  Reader<int> patient(name_of(0), Start::next());
  ReadyFd other(patient.raw());
  out.detach();
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(other.rearm(), Status::not_yet);
  Writer<int> next(name_of(0), {.history = 64});
  next.append(1);
  EXPECT_TRUE(readable(other.fd(), 20s));
  next.detach();
}

TEST_F(ReadyFdTest, CanBeMovedAndDestroyedWhileItIsArmed) {
  ReadyFd moved = std::move(ready);
  out.append(1);
  EXPECT_TRUE(readable(moved.fd(), 20s));
  EXPECT_EQ(in.next().item, 1);
  EXPECT_EQ(moved.rearm(), Status::not_yet);
  ready = ReadyFd(in.raw());
  moved = std::move(ready);
  out.append(2);
  EXPECT_TRUE(readable(moved.fd(), 20s));
  ready = std::move(moved);
}

TEST_F(ReadyFdTest, RefusesItemsThatCannotFollow) {
  in.raw().seek(UINT64_MAX);
  EXPECT_THROW(static_cast<void>(ready.rearm()), BadStream);
  EXPECT_THROW(ReadyFd{in.raw()}, BadStream);
  in.raw().seek(Start::next());
  EXPECT_EQ(ready.rearm(), Status::not_yet);
}

TEST_F(ReadyFdTest, AllDescriptorsShareOneThreadThatEndsWithTheLast) {
  Several others(20);
  std::vector<ReadyFd> more;
  for (Reader<int>& reader : others.in) more.emplace_back(reader.raw());
  EXPECT_EQ(helpers(), 1U);
  more.clear();
  EXPECT_EQ(helpers(), 1U);
  { const ReadyFd last = std::move(ready); }
  EXPECT_EQ(helpers(), 0U);
  ready = ReadyFd(in.raw());
  out.append(1);
  EXPECT_TRUE(becomes_readable());
}

TEST_F(ReadyFdTest, WorksWithLevelTriggeredAndEdgeTriggeredEpoll) {
  const int loop = ::epoll_create1(EPOLL_CLOEXEC);
  const int by_level = ::dup(ready.fd());
  ::epoll_event level{.events = EPOLLIN, .data = {.fd = 1}};
  ::epoll_event edge{.events = EPOLLIN | EPOLLET, .data = {.fd = 2}};
  ASSERT_EQ(::epoll_ctl(loop, EPOLL_CTL_ADD, by_level, &level), 0);
  ASSERT_EQ(::epoll_ctl(loop, EPOLL_CTL_ADD, ready.fd(), &edge), 0);
  std::array<::epoll_event, 4> events{};
  const auto wait = [&](int limit) { return ::epoll_wait(loop, events.data(), 4, limit); };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wait(0), 0);
    out.append(i);
    out.append(i);
    ASSERT_GE(wait(20000), 1);
    ASSERT_EQ(wait(0), 1);  // the edge was one event
    EXPECT_EQ(events[0].data.fd, 1);
    EXPECT_EQ(in.try_next().item, i);
    EXPECT_EQ(ready.rearm(), Status::ok);
    EXPECT_EQ(wait(0), 2);  // here is another
    EXPECT_EQ(in.try_next().item, i);
    EXPECT_EQ(ready.rearm(), Status::not_yet);
  }
  ::close(by_level);
  ::close(loop);
}

TEST_F(ReadyFdTest, IsWaitedForBesideASocket) {
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
  std::array<::pollfd, 2> both{{{ready.fd(), POLLIN, 0}, {sockets[0], POLLIN, 0}}};
  EXPECT_EQ(::poll(both.data(), 2, 0), 0);
  ASSERT_EQ(::write(sockets[1], "x", 1), 1);
  ASSERT_EQ(::poll(both.data(), 2, 20000), 1);
  EXPECT_EQ(both[0].revents, 0);
  out.append(1);
  EXPECT_TRUE(becomes_readable());
  EXPECT_EQ(::poll(both.data(), 2, 0), 2);
  for (const int socket : sockets) ::close(socket);
}

TEST_F(ReadyFdTest, SeesItemsWithoutAControlFile) {
  Writer<int> alone("uncontrolled");
  std::filesystem::remove(several.directory.path() / "uncontrolled.control");
  Reader<int> reader("uncontrolled", Start::next());
  ReadyFd polled(reader.raw());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(readable(polled.fd()));
    alone.append(i);
    EXPECT_TRUE(readable(polled.fd(), 20s));
    EXPECT_EQ(reader.try_next().item, i);
    EXPECT_EQ(polled.rearm(), Status::not_yet);
  }
}

/// The writer appends while the reader arms, asks and looks, a little later in each round. After a lost wake, the
/// wait lasts until the next look at the writers.
TEST_F(ReadyFdTest, LosesNoWake) {
  const int rounds = test::turns(5000);
  constexpr int most_slow = 10;  // the machine may be busy
  std::atomic<int> arms{0};
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int round = 0; round < rounds; ++round) {
      while (arms.load() <= round) {
        if (over) return;
        std::this_thread::yield();
      }
      for (int moments = round % 400; moments > 0; --moments) ring::pause();
      out.append(round);
    }
  });
  Reader<int> other = in.fork();  // its wakes withdraw the first reader's requests
  int slow = 0;
  const auto enough = Clock::now() + test::exhaustive_or(5s, 1s);
  for (int round = 0; round < rounds && slow <= most_slow && Clock::now() < enough; ++round) {
    ++arms;
    EXPECT_NE(ready.rearm(), Status::ended);
    const auto start = Clock::now();
    ASSERT_TRUE(becomes_readable());
    if (Clock::now() - start > 40ms) ++slow;
    EXPECT_EQ(in.try_next().item, round);
    EXPECT_EQ(other.next().item, round);
  }
  over = true;
  writer.join();
  EXPECT_LE(slow, most_slow);
}

}  // namespace
}  // namespace shm
