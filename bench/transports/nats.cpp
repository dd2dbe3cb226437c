// SPDX-License-Identifier: Apache-2.0

// Core NATS over TCP on 127.0.0.1: the server hands messages on to subscribers, and keeps no message.
// Receivers wait in natsSubscription_NextMsg(). For latency natsOptions_SetSendAsap(): a publication is
// written by its caller, not by the library's thread a little later, which is what it is for. For throughput
// without, so that the thread sends many at once. The server drops a receiver that is 64 MiB behind, the
// library messages beyond its limits: hence the window.
#include <nats/nats.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "transports/daemon.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

int nats_port = 0;  // of the server that was started, before any process was forked

void nats_check(::natsStatus status, const char* what) {
  if (status != NATS_OK) throw std::runtime_error(std::string(what) + ": " + ::natsStatus_GetText(status));
}

struct NatsFree {
  void operator()(::natsOptions* options) const noexcept { ::natsOptions_Destroy(options); }
  void operator()(::natsConnection* connection) const noexcept { ::natsConnection_Destroy(connection); }
  void operator()(::natsSubscription* subscription) const noexcept {
    ::natsSubscription_Destroy(subscription);
  }
  void operator()(::natsMsg* message) const noexcept { ::natsMsg_Destroy(message); }
};
template <class T>
using NatsOwned = std::unique_ptr<T, NatsFree>;

NatsOwned<::natsConnection> connect_to_nats(Goal goal) {
  ::natsOptions* made_options = nullptr;
  nats_check(::natsOptions_Create(&made_options), "make NATS options");
  const NatsOwned<::natsOptions> options(made_options);
  const std::string address = "nats://127.0.0.1:" + std::to_string(nats_port);
  nats_check(::natsOptions_SetURL(options.get(), address.c_str()), "set the NATS address");
  nats_check(::natsOptions_SetSendAsap(options.get(), goal == Goal::latency), "set NATS to send at once");
  ::natsConnection* made = nullptr;
  nats_check(::natsConnection_Connect(&made, options.get()), "connect to NATS");
  return NatsOwned<::natsConnection>(made);
}

class Nats {
 public:
  explicit Nats(Channel channel) : channel_(std::move(channel)) {}

  /// 16 MiB of messages and their overhead, a quarter of what the server queues for a receiver.
  [[nodiscard]] std::uint64_t window() const noexcept {
    constexpr std::uint64_t most_bytes = 16 << 20;
    constexpr std::uint64_t header = 64;
    return std::clamp<std::uint64_t>(most_bytes / (channel_.bytes + header), 1, 32'768);
  }

  class Sender {
   public:
    explicit Sender(Nats& nats)
        : subject_(nats.channel_.name), connection_(connect_to_nats(nats.channel_.goal)) {}
    void send(Message message) {
      nats_check(::natsConnection_Publish(connection_.get(), subject_.c_str(), message.data(),
                                          static_cast<int>(message.size())),
                 "publish to NATS");
    }

   private:
    std::string subject_;
    NatsOwned<::natsConnection> connection_;
  };

  class Receiver {
   public:
    Receiver(Nats& nats, int) : connection_(connect_to_nats(nats.channel_.goal)) {
      ::natsSubscription* made = nullptr;
      nats_check(::natsConnection_SubscribeSync(&made, connection_.get(), nats.channel_.name.c_str()),
                 "subscribe to NATS");
      subscription_.reset(made);
      nats_check(::natsConnection_Flush(connection_.get()),
                 "subscribe to NATS");  // until the server has it
    }
    /// Ends the library's reading thread first: up to 3.5 it may use a subscription that is gone (nats.c
    /// issue 637).
    ~Receiver() { ::natsConnection_Close(connection_.get()); }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;
    template <class Use>
    void receive(Use use) {
      ::natsMsg* got = nullptr;
      ::natsStatus status = NATS_TIMEOUT;
      while (status == NATS_TIMEOUT) status = ::natsSubscription_NextMsg(&got, subscription_.get(), 1000);
      nats_check(status, "receive from NATS");
      const NatsOwned<::natsMsg> message(got);
      use(Message(reinterpret_cast<const std::byte*>(::natsMsg_GetData(got)),
                  static_cast<std::size_t>(::natsMsg_GetDataLength(got))));
    }

   private:
    NatsOwned<::natsConnection> connection_;
    NatsOwned<::natsSubscription> subscription_;
  };

 private:
  Channel channel_;
};

std::shared_ptr<Daemon> start_nats() {
  nats_port = free_port();
  return std::make_shared<Daemon>(
      std::vector<std::string>{"nats-server", "-a", "127.0.0.1", "-p", std::to_string(nats_port)},
      [] { return is_listening(nats_port); });
}

}  // namespace

Implementation nats() {
  return implementation<Nats>(
      {
          .name = "NATS",
          .version = std::string("libnats ") + ::nats_GetVersion(),
          .how = "core NATS, nats-server on 127.0.0.1, natsConnection_Publish(), for latency with "
                 "natsOptions_SetSendAsap(), and blocking natsSubscription_NextMsg()",
          .spins = false,
          .broadcasts = true,
          .sends_alone = true,
          .is_named = true,
      },
      start_nats);
}

}  // namespace shm::bench
