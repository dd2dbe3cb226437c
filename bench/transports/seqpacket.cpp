// SPDX-License-Identifier: Apache-2.0

// A pair of connected Unix sockets for each receiver, of the kind that keeps messages apart. Asleep: recv(2)
// blocks. Spinning: with MSG_DONTWAIT it does not, and is called again and again. (To receive many at once
// with recvmmsg(2) makes no difference to throughput: it is sending that takes longer.) A message has to fit
// in the sender's buffer, which a user without privileges gets up to net.core.wmem_max: what works is found
// out by trying.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

class SocketPair {
 public:
  SocketPair() {
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, descriptors_) != 0) {
      throw std::system_error(errno, std::generic_category(), "socketpair");
    }
  }
  ~SocketPair() {
    for (const int descriptor : descriptors_) ::close(descriptor);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;
  [[nodiscard]] int to_send() const noexcept { return descriptors_[0]; }
  [[nodiscard]] int to_receive() const noexcept { return descriptors_[1]; }

  /// Messages on the way count as the sender's, with the kernel's data about each message; SO_RCVBUF has no
  /// effect on Unix sockets (unix(7)). The kernel doubles the requested size.
  void make_room(std::size_t bytes, std::uint64_t messages) const noexcept {
    constexpr std::size_t kept_by_kernel = 1024;
    const std::size_t wanted = (bytes + kept_by_kernel) * messages;
    const auto room = static_cast<int>(std::min(wanted, std::size_t{1} << 30));
    int has = 0;
    ::socklen_t size = sizeof has;
    ::getsockopt(to_send(), SOL_SOCKET, SO_SNDBUF, &has, &size);
    if (has >= room || ::setsockopt(to_send(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) == 0) return;
    static_cast<void>(
        ::setsockopt(to_send(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room));  // what it may have
  }

 private:
  int descriptors_[2] = {-1, -1};
};

class Seqpacket {
 public:
  explicit Seqpacket(const Channel& channel)
      : channel_(channel), pairs_(static_cast<std::size_t>(channel.receivers)) {
    for (const SocketPair& pair : pairs_) {
      pair.make_room(channel.bytes, std::max<std::uint64_t>(channel.depth, 4));
    }
  }

  class Sender {
   public:
    explicit Sender(Seqpacket& seqpacket) : seqpacket_(seqpacket) {}
    void send(Message message) {
      for (const SocketPair& pair : seqpacket_.pairs_) {
        if (::send(pair.to_send(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
          throw std::system_error(errno, std::generic_category(), "send to a Unix socket");
        }
      }
    }

   private:
    Seqpacket& seqpacket_;
  };

  class Receiver {
   public:
    Receiver(Seqpacket& seqpacket, int number)
        : descriptor_(seqpacket.pairs_[static_cast<std::size_t>(number)].to_receive()),
          flags_(seqpacket.channel_.wait == Wait::spin ? MSG_DONTWAIT : 0),
          message_(seqpacket.channel_.bytes) {}
    template <class Use>
    void receive(Use use) {
      ::ssize_t bytes = 0;
      do bytes = ::recv(descriptor_, message_.data(), message_.size(), flags_);
      while (bytes < 0 && errno == EAGAIN);
      if (bytes < 0) throw std::system_error(errno, std::generic_category(), "receive from a Unix socket");
      use(Message(message_).first(static_cast<std::size_t>(bytes)));
    }

   private:
    int descriptor_;
    int flags_;
    std::vector<std::byte> message_;
  };

 private:
  Channel channel_;
  std::vector<SocketPair> pairs_;
};

/// Tried out: up to 1 MiB, 0 where there are no such sockets.
std::size_t largest_packet() {
  std::size_t bytes = std::size_t{1} << 20;
  for (; bytes >= sizeof(std::uint64_t); bytes /= 2) {
    const SocketPair pair;
    pair.make_room(bytes, 4);
    const std::vector<std::byte> message(bytes);
    if (::send(pair.to_send(), message.data(), bytes, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return bytes;
  }
  return 0;
}

}  // namespace

Implementation seqpacket() {
  return implementation<Seqpacket>({
      .name = "Unix seqpacket",
      .how = "socketpair(2) of SOCK_SEQPACKET for each receiver, buffers for 4 messages, send(2) and recv(2)",
      .most_bytes = largest_packet(),
  });
}

}  // namespace shm::bench
