// SPDX-License-Identifier: Apache-2.0

// ZeroMQ over a Unix socket (ipc://), its way between processes of a machine: PUB and SUB, the pattern that
// its guide has for one sender and any number of receivers. The sender binds, receivers connect. PUB would
// drop what a receiver has no room for; ZMQ_XPUB_NODROP makes it wait instead. (PUSH and PULL, which the
// library's perf tools use, are hardly faster, and give each message to one receiver only.) Receivers block
// in zmq_msg_recv(): the work of a socket is done by a thread of the library, which needs the processor that
// a spinning receiver would keep from it.
#include <zmq.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "transports/daemon.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

[[noreturn]] void zeromq_failed(const std::string& what) {
  throw std::runtime_error(what + ": " + ::zmq_strerror(::zmq_errno()));
}

/// The context of this process: there while one of its sockets is, and made after the fork, because it starts
/// threads. Its end waits until everything is sent (ZMQ_LINGER).
std::shared_ptr<void> process_context() {
  static std::weak_ptr<void> of_this_process;
  std::shared_ptr<void> context = of_this_process.lock();
  if (context == nullptr) {
    context = {::zmq_ctx_new(), [](void* made) { ::zmq_ctx_term(made); }};
    of_this_process = context;
  }
  return context;
}

class ZeromqSocket {
 public:
  explicit ZeromqSocket(int type) : context_(process_context()), socket_(::zmq_socket(context_.get(), type)) {
    if (socket_ == nullptr) zeromq_failed("make a ZeroMQ socket");
    set(ZMQ_LINGER, 1000);  // ms in which the last messages may leave
  }
  void set(int option, int value) {
    if (::zmq_setsockopt(socket_.get(), option, &value, sizeof value) != 0)
      zeromq_failed("set a ZeroMQ option");
  }
  [[nodiscard]] void* get() const noexcept { return socket_.get(); }

 private:
  struct Close {
    void operator()(void* socket) const noexcept { ::zmq_close(socket); }
  };
  std::shared_ptr<void> context_;
  std::unique_ptr<void, Close> socket_;
};

class Zeromq {
 public:
  explicit Zeromq(const Channel& channel)
      : address_("ipc://" + daemon_directory("zeromq") + "/" + channel.name),
        // The library's 1000, or 16 MiB: memory that is not in the cache any more makes nothing faster.
        most_queued_(static_cast<int>(channel.depth > 0
                                          ? channel.depth
                                          : std::clamp<std::size_t>((16 << 20) / channel.bytes, 4, 1000))) {}

  class Sender {
   public:
    explicit Sender(Zeromq& link) : socket_(ZMQ_PUB) {
      socket_.set(ZMQ_SNDHWM, link.most_queued_);
      socket_.set(ZMQ_XPUB_NODROP, 1);
      if (::zmq_bind(socket_.get(), link.address_.c_str()) != 0) zeromq_failed("bind " + link.address_);
    }
    void send(Message message) {
      if (::zmq_send(socket_.get(), message.data(), message.size(), 0) < 0) zeromq_failed("zmq_send");
    }

   private:
    ZeromqSocket socket_;
  };

  class Receiver {
   public:
    Receiver(Zeromq& link, int) : socket_(ZMQ_SUB) {
      socket_.set(ZMQ_RCVHWM, link.most_queued_);
      socket_.set(ZMQ_RECONNECT_IVL, 5);  // ms, while the sender is not there
      if (::zmq_setsockopt(socket_.get(), ZMQ_SUBSCRIBE, "", 0) != 0) zeromq_failed("ZMQ_SUBSCRIBE");
      if (::zmq_connect(socket_.get(), link.address_.c_str()) != 0)
        zeromq_failed("connect to " + link.address_);
      ::zmq_msg_init(&message_);
    }
    ~Receiver() { ::zmq_msg_close(&message_); }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    template <class Use>
    void receive(Use use) {
      if (::zmq_msg_recv(&message_, socket_.get(), 0) < 0) zeromq_failed("zmq_msg_recv");
      use(Message(static_cast<const std::byte*>(::zmq_msg_data(&message_)), ::zmq_msg_size(&message_)));
    }

   private:
    ZeromqSocket socket_;
    ::zmq_msg_t message_{};
  };

 private:
  std::string address_;
  int most_queued_;
};

std::string zeromq_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  ::zmq_version(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

Implementation zeromq() {
  return implementation<Zeromq>({
      .name = "ZeroMQ",
      .version = zeromq_version(),
      .how = "ipc://, PUB with ZMQ_XPUB_NODROP and SUB, high-water marks of 1000 messages or 16 MiB, "
             "zmq_send() and "
             "blocking zmq_msg_recv()",
      .spins = false,
      .broadcasts = true,
      .is_named = true,
  });
}

}  // namespace shm::bench
