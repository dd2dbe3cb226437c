// SPDX-License-Identifier: Apache-2.0

// Coroutines: `co_await reader.next()` on an executor of Boost.Asio.
//
//   #include <shm/wait/asio.hpp>  // not in shm/shm.hpp: it takes Boost.Asio
//
//   boost::asio::awaitable<void> follow(shm::Reader<Tick> reader) {
//     shm::asio::AsyncReader ticks(co_await boost::asio::this_coro::executor, std::move(reader));
//     while (const auto tick = co_await ticks.next()) use(*tick);  // Status::ended ends it
//   }
//   boost::asio::co_spawn(context, follow(shm::Reader<Tick>("market/ticks", shm::Start::next())),
//                         boost::asio::detached);
//
// The executor's thread never sleeps for a stream: it waits for a descriptor (shm/wait/ready_fd.hpp) beside
// its sockets and timers. Each function lists what it throws.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <utility>

#include "shm/stream/raw_reader.hpp"
#include "shm/wait/ready_fd.hpp"
#include "shm/wait/wait_set.hpp"

namespace shm::asio {

/// A ReadyFd whose readability is awaited: for a reader, or for a wait set. One thread (or strand) at a time,
/// the one that uses the reader or the set; one wait at a time. No wait may be pending when it is destroyed.
class AsyncReady {
 public:
  /// @throws as ReadyFd; boost::system::system_error  the executor rejects the descriptor.
  template <class What>
  AsyncReady(const boost::asio::any_io_executor& executor, What& reader_or_set)
      : ready_(reader_or_set), descriptor_(executor, ready_.fd()) {}
  ~AsyncReady() { descriptor_.release(); }  // ready_ closes it
  AsyncReady(const AsyncReady&) = delete;
  AsyncReady& operator=(const AsyncReady&) = delete;

  /// Waits until ReadyFd::rearm() has a result, and returns it: ok, ended, writer_lost.
  /// @throws as ReadyFd::rearm
  /// @throws boost::system::system_error (operation_aborted)  it was cancelled, by cancel() or the coroutine's
  ///                                                          cancellation slot
  [[nodiscard]] boost::asio::awaitable<Status> wait() {
    for (;;) {
      const Status status = ready_.rearm();
      if (status != Status::not_yet) co_return status;
      co_await descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                                      boost::asio::use_awaitable);
    }
  }
  /// Ends a wait.
  void cancel() { descriptor_.cancel(); }
  [[nodiscard]] boost::asio::any_io_executor executor() { return descriptor_.get_executor(); }

 private:
  ReadyFd ready_;
  boost::asio::posix::stream_descriptor descriptor_;
};

/// A reader whose next item is awaited: a Reader<T>, or any type with its try_next() and raw(). It owns the
/// reader, and is not moved. Threads as for AsyncReady: a reader is used by one thread at a time.
template <class AnyReader>
class AsyncReader {
 public:
  using Next = decltype(std::declval<AnyReader&>().try_next());

  /// @throws as AsyncReady.
  AsyncReader(const boost::asio::any_io_executor& executor, AnyReader reader)
      : reader_(std::move(reader)), ready_(executor, reader_.raw()) {}

  /// The result of try_next(), as soon as it is not not_yet: an item (ok), lost, ended; and writer_lost, if
  /// the reader has ReaderOptions::writer_loss_is_error. An item that is there already is returned without
  /// suspending, except each `turns`-th one, so that other work of the executor gets a turn.
  /// @throws as AsyncReady::wait. No item was taken then: call it again for the same one.
  [[nodiscard]] boost::asio::awaitable<Next> next() {
    if (++in_a_row_ >= turns) {
      in_a_row_ = 0;
      co_await boost::asio::post(ready_.executor(), boost::asio::use_awaitable);
    }
    for (;;) {
      Next next = reader_.try_next();
      if (next.status != Status::not_yet) co_return next;
      in_a_row_ = 0;
      const Status status = co_await ready_.wait();
      if (status == Status::ok) continue;
      next = reader_.try_next();  // it may have come before the end
      if (next.status == Status::not_yet) next.status = status;
      co_return next;
    }
  }
  /// Ends a wait in next(), which throws operation_aborted.
  void cancel() { ready_.cancel(); }

  [[nodiscard]] AnyReader& reader() noexcept { return reader_; }

  /// So many items are returned in a row without suspending.
  static constexpr std::uint32_t turns = 64;

 private:
  AnyReader reader_;
  AsyncReady ready_;
  std::uint32_t in_a_row_ = 0;
};

}  // namespace shm::asio
