// SPDX-License-Identifier: Apache-2.0
#include "common/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

class NotifyTest : public ::testing::Test {
 protected:
  NotifyTest() {
    const std::string path = directory_.path() / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifyTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
  }
  /// Empty if there is none.
  [[nodiscard]] std::string datagram() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size))};
  }

 private:
  test::TestDirectory directory_;
  int socket_ = -1;
};

TEST_F(NotifyTest, SendsReadyStatusAndStopping) {
  Notify notify;
  notify.ready("waiting");
  EXPECT_EQ(datagram(), "READY=1\nSTATUS=waiting\n");
  notify.status("capturing");
  EXPECT_EQ(datagram(), "STATUS=capturing\n");
  notify.stopping();
  EXPECT_EQ(datagram(), "STOPPING=1\n");
}

TEST_F(NotifyTest, KeepsAStatusToOneLine) {
  Notify().status("a\nREADY=1");
  EXPECT_EQ(datagram(), "STATUS=a READY=1\n");
}

TEST_F(NotifyTest, FeedsTheWatchdogOnlyIfThereIsOne) {
  Notify().alive();
  EXPECT_EQ(datagram(), "");
  ::setenv("WATCHDOG_USEC", "10000000", 1);
  Notify watched;
  watched.alive();
  EXPECT_EQ(datagram(), "WATCHDOG=1\n");
  watched.alive();
  EXPECT_EQ(datagram(), "") << "not at every turn";
}

TEST(NotifyWithoutSystemd, SendsNothing) {
  Notify notify;
  notify.ready("x");
  notify.alive();
  notify.stopping();
}

}  // namespace
}  // namespace shm::programs
