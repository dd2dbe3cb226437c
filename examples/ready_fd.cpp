// SPDX-License-Identifier: Apache-2.0

// A descriptor for a reader: a stream and a pipe in one poll().
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <shm/shm.hpp>

int main() {
  std::array<int, 2> commands{};
  if (::pipe(commands.data()) != 0) return 1;
  shm::Writer<int> numbers("example/numbers");

  shm::Reader<int> reader("example/numbers", shm::Start::next());
  shm::ReadyFd ready(reader.raw());
  std::array<::pollfd, 2> waited{{{ready.fd(), POLLIN, 0}, {commands[0], POLLIN, 0}}};
  for (int turn = 0; turn < 3; ++turn) {
    if (turn < 2) numbers.append(turn);
    if (turn == 2) static_cast<void>(::write(commands[1], "q", 1) == 1);
    ::poll(waited.data(), waited.size(), -1);
    if (waited[0].revents != 0) {
      do {
        while (const auto number = reader.try_next()) std::printf("number %d\n", *number);
      } while (ready.rearm() == shm::Status::ok);
    }
    if (waited[1].revents != 0) std::printf("a command\n");
  }
}
