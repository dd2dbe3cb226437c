// SPDX-License-Identifier: Apache-2.0

// Descriptors of readers and of wait sets in a loop of libuv, used as in docs/waiting.md, with writers that
// are other processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "commanded_writer.hpp"
#include "shm/stream/reader.hpp"
#include "shm/wait/ready_fd.hpp"
#include "shm/wait/wait_set.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::CommandedWriter;

template <class Handle>
::uv_handle_t* handle_of(Handle& handle) {
  return reinterpret_cast<::uv_handle_t*>(&handle);
}

/// A loop that ends by itself, once all its handles are closed.
class Loop {
 public:
  Loop() {
    ::uv_loop_init(&loop_);
    ::uv_timer_init(&loop_, &limit_);
    ::uv_unref(handle_of(limit_));  // it does not keep the loop running
    ::uv_timer_start(
        &limit_,
        [](::uv_timer_t* limit) {
          ADD_FAILURE() << "the loop still waits";
          ::uv_stop(limit->loop);
        },
        60000, 0);
  }
  void run_to_its_end() {
    EXPECT_EQ(::uv_run(&loop_, UV_RUN_DEFAULT), 0);
    ::uv_close(handle_of(limit_), nullptr);
    ::uv_run(&loop_, UV_RUN_NOWAIT);
    EXPECT_EQ(::uv_loop_close(&loop_), 0);
  }
  [[nodiscard]] ::uv_loop_t* get() { return &loop_; }

 private:
  ::uv_loop_t loop_{};
  ::uv_timer_t limit_{};
};

/// A function that the loop calls when the descriptor is readable, until the handle is closed. Outlives the loop.
class Poll {
 public:
  Poll(Loop& loop, const ReadyFd& ready, std::function<void()> call) : call_(std::move(call)) {
    handle_.data = this;
    EXPECT_EQ(::uv_poll_init(loop.get(), &handle_, ready.fd()), 0);
    const auto called = [](::uv_poll_t* handle, int status, int events) {
      EXPECT_EQ(status, 0);
      EXPECT_EQ(events, UV_READABLE);
      static_cast<Poll*>(handle->data)->call_();
    };
    EXPECT_EQ(::uv_poll_start(&handle_, UV_READABLE, called), 0);
  }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
  void close() { ::uv_close(handle_of(handle_), nullptr); }

 private:
  ::uv_poll_t handle_{};
  std::function<void()> call_;
};

class LibuvTest : public ::testing::Test {
 protected:
  test::TestDirectory directory;
};

/// In each turn the writer appends and reports it through the pipe, the reader takes the items, and the timer starts
/// the next turn. Hence the loop ends only if each of the three wakes it in every turn.
struct Turns {
  static constexpr int all = 50;

  Turns(Loop& loop, CommandedWriter& of) : writer(of) {
    timer.data = pipe.data = this;
    ::uv_timer_init(loop.get(), &timer);
    ::uv_pipe_init(loop.get(), &pipe, 0);
    EXPECT_EQ(::uv_pipe_open(&pipe, ::dup(writer.answers())), 0);
    const auto read = [](::uv_stream_t* stream, ::ssize_t size, const ::uv_buf_t*) {
      Turns& turns = *static_cast<Turns*>(stream->data);
      if (size == UV_EOF) {
        ::uv_close(handle_of(turns.pipe), nullptr);
      } else if (size != 0) {
        EXPECT_EQ(size, 1);
        turns.answers += 1;
        turns.go_on();
      }
    };
    const auto space = [](::uv_handle_t* handle, std::size_t, ::uv_buf_t* buffer) {
      auto& to = static_cast<Turns*>(handle->data)->bytes;
      *buffer = ::uv_buf_init(to.data(), static_cast<unsigned>(to.size()));
    };
    EXPECT_EQ(::uv_read_start(reinterpret_cast<::uv_stream_t*>(&pipe), space, read), 0);
    begin();
  }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  void begin() {
    const char items = static_cast<char>(1 + begun % 3);
    begun += 1;
    commanded += items;
    writer.append(items);
  }
  void take(int item) { EXPECT_EQ(item, taken++); }
  void go_on() {
    if (answers < begun || taken < commanded) return;
    const auto next = [](::uv_timer_t* fired) {
      Turns& turns = *static_cast<Turns*>(fired->data);
      if (turns.begun < all) return turns.begin();
      turns.writer.end();
      ::uv_close(handle_of(turns.timer), nullptr);
    };
    EXPECT_EQ(::uv_timer_start(&timer, next, 1, 0), 0);
  }

  CommandedWriter& writer;
  ::uv_timer_t timer{};
  ::uv_pipe_t pipe{};
  std::array<char, 16> bytes{};
  int begun = 0;
  int answers = 0;
  int commanded = 0;
  int taken = 0;
};

TEST_F(LibuvTest, TakesAnotherProcessesItemsBesideATimerAndAPipeUntilTheStreamEnds) {
  CommandedWriter writer("numbers");
  Reader<int> reader("numbers", Start::oldest(), {.wait_for_stream = 60s});
  ReadyFd ready(reader.raw());
  Loop loop;
  Turns turns(loop, writer);
  Poll poll(loop, ready, [&] {
    Status status{};
    do {
      while (const auto item = reader.try_next()) turns.take(*item);
      status = ready.rearm();
    } while (status == Status::ok);
    if (status == Status::ended) return poll.close();
    EXPECT_EQ(status, Status::not_yet);
    turns.go_on();
  });
  loop.run_to_its_end();
  EXPECT_EQ(turns.begun, Turns::all);
  EXPECT_EQ(turns.answers, Turns::all);
  EXPECT_EQ(turns.taken, turns.commanded);
  EXPECT_NE(::fcntl(ready.fd(), F_GETFD), -1);  // closing the handle leaves it open
}

TEST_F(LibuvTest, CallsAgainForItemsThatACallLeft) {
  CommandedWriter writer("numbers");
  Reader<int> reader("numbers", Start::oldest(), {.wait_for_stream = 60s});
  ReadyFd ready(reader.raw());
  Loop loop;
  int taken = 0;
  Poll poll(loop, ready, [&] {
    const auto item = reader.try_next();
    const Status then = ready.rearm();
    if (item) {
      EXPECT_EQ(*item, taken++);
    } else {
      EXPECT_EQ(then, Status::ended);
    }
    if (then == Status::ended) poll.close();
  });
  writer.append(100);
  writer.end();
  loop.run_to_its_end();
  EXPECT_EQ(taken, 100);
}

TEST_F(LibuvTest, TakesTheItemsOfAWaitSetsStreamsUntilAllHaveEnded) {
  struct Stream {
    explicit Stream(const std::string& name) : writer(name) {}
    CommandedWriter writer;
    std::unique_ptr<Reader<int>> reader;
    int taken = 0;
    int commanded = 0;
    char turn = 0;
    void go_on() {
      if (taken < commanded) return;
      if (turn++ == 20) return writer.end();
      commanded += turn;
      writer.append(turn);
    }
  };
  const auto name_of = [](std::size_t stream) { return "numbers/" + std::to_string(stream); };
  std::vector<std::unique_ptr<Stream>> streams;  // all forks come before the set and its descriptor
  for (std::size_t i = 0; i < 5; ++i) streams.push_back(std::make_unique<Stream>(name_of(i)));
  WaitSet set;
  std::map<WaitSet::Id, Stream*> stream_of;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i]->reader =
        std::make_unique<Reader<int>>(name_of(i), Start::oldest(), ReaderOptions{.wait_for_stream = 60s});
    stream_of[set.add(streams[i]->reader->raw())] = streams[i].get();
  }
  ReadyFd ready(set);
  Loop loop;
  Poll poll(loop, ready, [&] {
    do {
      std::vector<WaitSet::Id> ended;
      for (const auto& [id, reader, status] : set.wait(Deadline::now()).ready) {
        Stream& stream = *stream_of[id];
        while (const auto item = stream.reader->try_next()) EXPECT_EQ(*item, stream.taken++);
        if (status == Status::ok) stream.go_on();
        if (status == Status::ended) ended.push_back(id);
      }
      for (const WaitSet::Id id : ended) set.remove(id);
      if (set.empty()) return poll.close();
    } while (ready.rearm() == Status::ok);
  });
  for (const auto& stream : streams) stream->go_on();
  loop.run_to_its_end();
  for (const auto& stream : streams) {
    EXPECT_EQ(stream->taken, 20 * 21 / 2);
    EXPECT_EQ(stream->commanded, stream->taken);
  }
}

}  // namespace
}  // namespace shm
