// SPDX-License-Identifier: Apache-2.0

// A descriptor in a loop of Python's asyncio (wait_with_asyncio.py): the loop calls its function when there are
// items, and only then. The writer is a third process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "commanded_writer.hpp"
#include "shm/stream/reader.hpp"
#include "shm/wait/ready_fd.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

/// The script. It starts before the descriptor is made, and so before the library's thread.
class PythonLoop {
 public:
  PythonLoop() {
    const ::timeval limit{60, 0};
    ::setsockopt(sockets_.ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::close(std::exchange(sockets_.ends[1], -1));  // so that the script's end closes the connection
  }

  /// Sends the script a descriptor to wait for.
  void give(int fd) {
    char word = 'd';
    ::iovec words{&word, 1};
    alignas(::cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> space{};
    ::msghdr message{};
    message.msg_iov = &words;
    message.msg_iovlen = 1;
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    ::cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) throw std::logic_error("no space for a descriptor");
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (::sendmsg(sockets_.ends[0], &message, MSG_NOSIGNAL) != 1) throw std::runtime_error("Python is gone");
  }
  void send(std::string_view words) {
    EXPECT_EQ(::send(sockets_.ends[0], words.data(), words.size(), MSG_NOSIGNAL), std::ssize(words));
  }
  /// Returns the next message; empty if the process has ended, or was silent for a minute.
  [[nodiscard]] std::string receive() {
    std::array<char, 16> words{};
    const ::ssize_t size = ::recv(sockets_.ends[0], words.data(), words.size(), 0);
    return {words.data(), size > 0 ? static_cast<std::size_t>(size) : 0U};
  }
  [[nodiscard]] test::Finished wait() { return process_.wait(); }

 private:
  /// Returns the number of the socket that the script inherits.
  [[nodiscard]] std::string inherited() const {
    ::fcntl(sockets_.ends[1], F_SETFD, 0);
    return std::to_string(sockets_.ends[1]);
  }

  test::Sockets sockets_{SOCK_SEQPACKET};
  test::Process process_{std::vector<std::string>{"python3", WAIT_WITH_ASYNCIO, inherited()}};
};

class AsyncioTest : public ::testing::Test {
 protected:
  /// Lets the loop look at the descriptor once more; returns whether it did not call its function.
  [[nodiscard]] bool is_not_called() {
    python.send("look");
    return python.receive() == "looked";
  }
  Status take_all_and_rearm() {
    Status status{};
    do {
      while (const auto item = reader.try_next()) EXPECT_EQ(*item, taken++);
      status = ready.rearm();
    } while (status == Status::ok);
    return status;
  }
  void end() {
    writer.end();
    ASSERT_EQ(python.receive(), "readable");
    ASSERT_EQ(take_all_and_rearm(), Status::ended);
    python.send("ended");
    const test::Finished finished = python.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
  }

  test::TestDirectory directory;
  test::CommandedWriter writer{"numbers"};
  PythonLoop python;
  Reader<int> reader{"numbers", Start::oldest(), {.wait_for_stream = 60s}};
  ReadyFd ready{reader.raw()};
  int taken = 0;
};

TEST_F(AsyncioTest, CallsTheReaderOnlyWhenItemsAreThere) {
  python.give(ready.fd());
  ASSERT_TRUE(is_not_called());
  int commanded = 0;
  for (int turn = 0; turn < 50; ++turn) {
    const char items = static_cast<char>(1 + turn % 3);
    commanded += items;
    writer.append(items);
    while (taken < commanded) {
      ASSERT_EQ(python.receive(), "readable");
      const int before = taken;
      ASSERT_EQ(take_all_and_rearm(), Status::not_yet);
      EXPECT_GT(taken, before);
      python.send("not_yet");
    }
    ASSERT_TRUE(is_not_called());
  }
  end();
  EXPECT_EQ(taken, commanded);
}

TEST_F(AsyncioTest, CallsAgainForItemsThatACallLeft) {
  python.give(ready.fd());
  writer.append(3);
  char answer = 0;
  ASSERT_EQ(::read(writer.answers(), &answer, 1), 1);  // all three are published
  for (const Status status : {Status::ok, Status::ok, Status::not_yet}) {
    ASSERT_EQ(python.receive(), "readable");
    EXPECT_EQ(reader.try_next().item, taken++);
    EXPECT_EQ(ready.rearm(), status);
    python.send(to_string(status));
  }
  ASSERT_TRUE(is_not_called());
  end();
}

}  // namespace
}  // namespace shm
