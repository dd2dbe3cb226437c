// SPDX-License-Identifier: Apache-2.0

// Boost.Interprocess's message_queue for each receiver: messages are copied into a queue in shared memory,
// under a mutex there, and a condition variable there wakes the waiting process. Asleep: receive(), which
// waits for the condition. Spinning: try_receive() again and again. The queue has to be given a depth: about
// 1 MiB of messages, at least 4.
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

namespace ipc = boost::interprocess;

class BoostQueue {
 public:
  explicit BoostQueue(const Channel& channel)
      : channel_(channel),
        depth_(channel.depth > 0 ? channel.depth
                                 : std::clamp<std::uint64_t>((1 << 20) / channel.bytes, 4, 1024)),
        owner_(::getpid()) {
    const std::string start = "shm-bench-" + std::to_string(owner_) + "-" + channel.name + "-";
    for (int i = 0; i < channel.receivers; ++i) names_.push_back(start + std::to_string(i));
  }
  ~BoostQueue() {
    if (::getpid() != owner_) return;
    for (const std::string& name : names_) ipc::message_queue::remove(name.c_str());
  }
  BoostQueue(const BoostQueue&) = delete;
  BoostQueue& operator=(const BoostQueue&) = delete;

  class Sender {
   public:
    explicit Sender(BoostQueue& link) {
      for (const std::string& name : link.names_) queues_.push_back(link.open(name));
    }
    void send(Message message) {
      for (const auto& queue : queues_) queue->send(message.data(), message.size(), 0);
    }

   private:
    std::vector<std::unique_ptr<ipc::message_queue>> queues_;
  };

  class Receiver {
   public:
    Receiver(BoostQueue& link, int number)
        : spins_(link.channel_.wait == Wait::spin),
          message_(link.channel_.bytes),
          queue_(link.open(link.names_[static_cast<std::size_t>(number)])) {}
    template <class Use>
    void receive(Use use) {
      ipc::message_queue::size_type bytes = 0;
      unsigned priority = 0;
      if (spins_) {
        while (!queue_->try_receive(message_.data(), message_.size(), bytes, priority)) ring::pause();
      } else {
        queue_->receive(message_.data(), message_.size(), bytes, priority);
      }
      use(Message(message_).first(bytes));
    }

   private:
    bool spins_;
    std::vector<std::byte> message_;
    std::unique_ptr<ipc::message_queue> queue_;
  };

 private:
  /// The first process makes it.
  [[nodiscard]] std::unique_ptr<ipc::message_queue> open(const std::string& name) const {
    try {
      return std::make_unique<ipc::message_queue>(ipc::open_or_create, name.c_str(), depth_, channel_.bytes,
                                                  ipc::permissions(0600));
    } catch (const ipc::interprocess_exception& error) {
      throw std::runtime_error("open the Boost message queue " + name + ": " + error.what());
    }
  }

  Channel channel_;
  std::uint64_t depth_;
  ::pid_t owner_;
  std::vector<std::string> names_;
};

}  // namespace

Implementation boost_queue() {
  return implementation<BoostQueue>({
      .name = "Boost message_queue",
      .version = BOOST_LIB_VERSION,
      .how = "boost::interprocess::message_queue of 1 MiB, between 4 and 1024 messages, for each receiver, "
             "send() and "
             "receive(), or try_receive() to spin",
      .is_named = true,
  });
}

}  // namespace shm::bench
