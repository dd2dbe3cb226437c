// SPDX-License-Identifier: Apache-2.0

// Streams in a program that is built on Boost.Asio: awaited by coroutines, beside timers and sockets.
#include "shm/wait/asio.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <thread>

#include "several_streams.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"

namespace shm::asio {
namespace {

namespace net = boost::asio;
using namespace net::experimental::awaitable_operators;
using namespace std::chrono_literals;
using test::name_of;
using test::Several;

/// A program with one thread, its work, and a limit to its time.
class AsyncReaderTest : public ::testing::Test {
 protected:
  /// Runs the coroutine, and all others that were spawned, to the end.
  void run(net::awaitable<void> coroutine) {
    net::co_spawn(context, std::move(coroutine), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    context.run_for(60s);
    EXPECT_TRUE(context.stopped());
  }
  AsyncReader<Reader<int>> reader_of(std::size_t stream, const ReaderOptions& options = {}) {
    return {context.get_executor(), Reader<int>(name_of(stream), Start::oldest(), options)};
  }
  [[nodiscard]] net::awaitable<void> pause(std::chrono::milliseconds time) {
    net::steady_timer timer(context, time);
    co_await timer.async_wait(net::use_awaitable);
  }

  net::io_context context;
  Several several{2};
};

/// Returns whether the wait throws the error of a cancelled wait.
net::awaitable<bool> is_aborted(net::awaitable<Next<int>> next) {
  try {
    static_cast<void>(co_await std::move(next));
  } catch (const boost::system::system_error& error) {
    co_return error.code() == net::error::operation_aborted;
  }
  co_return false;
}

TEST_F(AsyncReaderTest, AwaitsItemsAndTheEnd) {
  std::vector<int> got;
  auto reader = reader_of(0);
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      several.out[0].append(i);
      // Pause, so that the reader sometimes catches up with the writer.
      if (i % 50 == 0) {
        EXPECT_TRUE(test::eventually(
            [&] { return several.out[0].readers()[1].cursor == several.out[0].inserted(); }));
      } else if (i % 50 == 25) {
        EXPECT_TRUE(test::eventually(
            [&] { return several.out[0].inserted() - several.out[0].readers()[1].cursor < 25; }));
      }
    }
    several.out[0].close();
  });
  run([&]() -> net::awaitable<void> {
    for (;;) {
      const Next<int> next = co_await reader.next();
      EXPECT_NE(next.status, Status::lost);
      if (!next) {
        EXPECT_EQ(next.status, Status::ended);
        co_return;
      }
      got.push_back(*next);
    }
  }());
  writer.join();
  EXPECT_EQ(got.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST_F(AsyncReaderTest, LeavesTheThreadToOtherWorkWhileItWaits) {
  auto reader = reader_of(0);
  int ticks = 0;
  net::co_spawn(
      context,
      [&]() -> net::awaitable<void> {
        for (; ticks < 5; ++ticks) co_await pause(1ms);
        several.out[0].append(ticks);
      },
      net::detached);
  run([&]() -> net::awaitable<void> { EXPECT_EQ((co_await reader.next()).item, 5); }());
}

/// The stream is never silent, and the reader's thread has other work, too.
TEST_F(AsyncReaderTest, LetsOtherWorkRunWhileItemsKeepComing) {
  auto reader = reader_of(0);
  int given = 0;
  bool over = false;
  net::co_spawn(
      context,
      [&]() -> net::awaitable<void> {
        const int before = given;
        co_await net::post(context, net::use_awaitable);
        EXPECT_LE(given - before, static_cast<int>(reader.turns));
        over = true;
      },
      net::detached);
  run([&]() -> net::awaitable<void> {
    while (!over) {
      several.out[0].append(++given);
      EXPECT_EQ((co_await reader.next()).item, given);
    }
  }());
}

TEST_F(AsyncReaderTest, AwaitsTwoStreamsByTwoCoroutines) {
  auto one = reader_of(0);
  auto two = reader_of(1);
  int sum = 0;
  const auto echo = [&](AsyncReader<Reader<int>>& from, Writer<int>& to) -> net::awaitable<void> {
    while (const auto item = co_await from.next()) {
      sum += *item;
      if (*item < 200) to.append(*item + 1);
      if (*item >= 199) to.close();
    }
  };
  several.out[0].append(1);
  net::co_spawn(context, echo(one, several.out[1]), net::detached);
  run(echo(two, several.out[0]));
  EXPECT_EQ(sum, 200 * 201 / 2);
}

TEST_F(AsyncReaderTest, AwaitsAStreamBesideASocket) {
  net::local::stream_protocol::socket mine(context);
  net::local::stream_protocol::socket theirs(context);
  net::local::connect_pair(mine, theirs);
  auto reader = reader_of(0);
  // Bytes from the socket go into the stream, and bytes from the stream to the socket.
  net::co_spawn(
      context,
      [&]() -> net::awaitable<void> {
        std::array<char, 1> byte{};
        for (;;) {
          co_await net::async_read(mine, net::buffer(byte), net::use_awaitable);
          several.out[0].append(byte[0]);
        }
      },
      net::detached);
  run([&]() -> net::awaitable<void> {
    for (char byte = 'a'; byte <= 'z'; ++byte) {
      const std::array<char, 1> sent{byte};
      co_await net::async_write(theirs, net::buffer(sent), net::use_awaitable);
      EXPECT_EQ((co_await reader.next()).item, byte);
    }
    mine.close();
  }());
}

TEST_F(AsyncReaderTest, TimesOutAndGoesOnAfterwards) {
  auto reader = reader_of(0);
  run([&]() -> net::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      const auto none = co_await (reader.next() || pause(2ms));
      EXPECT_EQ(none.index(), 1U);
      several.out[0].append(i);
      const auto one = co_await (reader.next() || pause(60s));
      EXPECT_EQ(std::get<0>(one).item, i);
    }
  }());
}

TEST_F(AsyncReaderTest, IsCancelledByCancel) {
  auto reader = reader_of(0);
  net::post(context, [&] { net::post(context, [&] { reader.cancel(); }); });
  run([&]() -> net::awaitable<void> {
    EXPECT_TRUE(co_await is_aborted(reader.next()));
    several.out[0].append(1);
    EXPECT_EQ((co_await reader.next()).item, 1);
  }());
}

TEST_F(AsyncReaderTest, IsCancelledBySignal) {
  auto reader = reader_of(0);
  net::signal_set signals(context, SIGUSR1);
  signals.async_wait([&](const boost::system::error_code&, int) { reader.cancel(); });
  std::raise(SIGUSR1);
  run([&]() -> net::awaitable<void> { EXPECT_TRUE(co_await is_aborted(reader.next())); }());
}

TEST_F(AsyncReaderTest, ReportsLostItemsAndALostWriter) {
  auto reader = reader_of(0, {.writer_loss_is_error = true});
  run([&]() -> net::awaitable<void> {
    for (int i = 0; i < 100'000; ++i) several.out[0].append(i);
    EXPECT_EQ((co_await reader.next()).status, Status::lost);
    reader.reader().seek(Start::next());
    several.out[0].detach();
    EXPECT_EQ((co_await reader.next()).status, Status::writer_lost);
    EXPECT_EQ((co_await reader.next()).status, Status::writer_lost);
    Writer<int> next(name_of(0), {.history = 64});
    next.append(7);
    EXPECT_EQ((co_await reader.next()).item, 7);
    next.detach();
  }());
}

TEST_F(AsyncReaderTest, AwaitsRecords) {
  RecordWriter out("records");
  AsyncReader reader(context.get_executor(), RecordReader("records", Start::next()));
  net::post(context, [&] {
    out.append("one");
    out.append("two and more");
  });
  run([&]() -> net::awaitable<void> {
    for (const std::size_t size : {3U, 12U}) {
      const Next<RecordView> next = co_await reader.next();
      EXPECT_EQ(next.status, Status::ok);
      EXPECT_EQ(next->size(), size);
    }
    out.close();
    const Next<RecordView> end = co_await reader.next();
    EXPECT_EQ(end.status, Status::ended);
  }());
}

TEST_F(AsyncReaderTest, AwaitsAWaitSet) {
  WaitSet set;
  for (Reader<int>& reader : several.in) set.add(reader.raw());
  AsyncReady ready(context.get_executor(), set);
  net::co_spawn(
      context,
      [&]() -> net::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
          co_await pause(1ms);
          several.out[static_cast<std::size_t>(i % 2)].append(i);
        }
      },
      net::detached);
  run([&]() -> net::awaitable<void> {
    for (int taken = 0; taken < 10;) {
      EXPECT_EQ(co_await ready.wait(), Status::ok);
      const WaitSet::Result result = set.wait(Deadline::now());
      EXPECT_FALSE(result.ready.empty());
      for (const WaitSet::Ready& one : result.ready) {
        const std::size_t stream = one.reader == &several.in[0].raw() ? 0 : 1;
        EXPECT_EQ(several.in[stream].try_next().item % 2, static_cast<int>(stream));
        ++taken;
      }
    }
  }());
}

/// Many coroutines on several threads, each with a reader, which only the thread of its strand uses.
TEST_F(AsyncReaderTest, AwaitsOnAPoolOfThreads) {
  constexpr int readers = 20;
  constexpr int items = 50;  // fewer than the history
  std::atomic<int> got{0};
  const auto follow = [&got](Reader<int> attached) -> net::awaitable<void> {
    AsyncReader<Reader<int>> reader(co_await net::this_coro::executor, std::move(attached));
    while (co_await reader.next()) ++got;
  };
  for (int i = 0; i < readers; ++i) {  // attached before the stream may end
    net::co_spawn(net::make_strand(context), follow(Reader<int>(name_of(0), Start::oldest())), net::detached);
  }
  std::vector<std::thread> pool;
  for (int i = 0; i < 3; ++i) pool.emplace_back([&] { context.run_for(60s); });
  for (int i = 0; i < items; ++i) {
    several.out[0].append(i);
    std::this_thread::yield();
  }
  several.out[0].close();
  for (std::thread& thread : pool) thread.join();
  EXPECT_EQ(got, readers * items);
}

}  // namespace
}  // namespace shm::asio
