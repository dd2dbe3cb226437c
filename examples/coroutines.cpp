// SPDX-License-Identifier: Apache-2.0

// Streams awaited by coroutines of Boost.Asio, beside a timer.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <shm/shm.hpp>
#include <shm/wait/asio.hpp>

boost::asio::awaitable<void> follow(shm::Reader<int> numbers) {
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  shm::asio::AsyncReader reader(executor, std::move(numbers));
  while (const auto number = co_await reader.next()) std::printf("number %d\n", *number);
  std::printf("the end\n");
}

boost::asio::awaitable<void> count(shm::Writer<int> numbers) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (int i = 0; i < 3; ++i) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
    numbers.append(i);
  }
  numbers.close();
}

int main() {
  boost::asio::io_context context;
  shm::Writer<int> numbers("example/numbers");
  boost::asio::co_spawn(context, follow({"example/numbers", shm::Start::next()}), boost::asio::detached);
  boost::asio::co_spawn(context, count(std::move(numbers)), boost::asio::detached);
  context.run();
}
