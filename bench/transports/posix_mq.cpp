// SPDX-License-Identifier: Apache-2.0

// A POSIX message queue for each receiver, opened by name in the process that uses it, made by the first
// process that opens it. Asleep: mq_receive(3) blocks. Spinning: the receiver's descriptor is O_NONBLOCK.
// mq_send(3) blocks while there is no room. As deep as the system permits by default (fs.mqueue.msg_max, 10),
// unless the channel needs more. The largest message depends on privileges (mq_overview(7)): the adapter
// finds it out by trying.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <string>
#include <system_error>
#include <vector>

#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

constexpr std::uint64_t usual_depth = 10;

class MessageQueue {
 public:
  MessageQueue(const std::string& name, int flags, std::size_t bytes, std::uint64_t depth) {
    ::mq_attr attributes{};
    attributes.mq_maxmsg = static_cast<long>(depth);
    attributes.mq_msgsize = static_cast<long>(bytes);
    queue_ = ::mq_open(name.c_str(), flags | O_CREAT | O_CLOEXEC, 0600, &attributes);
    if (queue_ < 0) {
      throw std::system_error(errno, std::generic_category(),
                              "open the message queue " + name + " of " + std::to_string(depth) +
                                  " messages of " + std::to_string(bytes) + " bytes");
    }
  }
  ~MessageQueue() { ::mq_close(queue_); }
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;
  [[nodiscard]] ::mqd_t get() const noexcept { return queue_; }

 private:
  ::mqd_t queue_;
};

/// The names, removed with the channel by the process that made them.
class QueueNames {
 public:
  QueueNames(const std::string& channel, int receivers) : owner_(::getpid()) {
    const std::string start = "/shm-bench-" + std::to_string(owner_) + "-" + channel + "-";
    for (int i = 0; i < receivers; ++i) names_.push_back(start + std::to_string(i));
  }
  ~QueueNames() {
    if (::getpid() != owner_) return;
    for (const std::string& name : names_) ::mq_unlink(name.c_str());
  }
  QueueNames(const QueueNames&) = delete;
  QueueNames& operator=(const QueueNames&) = delete;
  [[nodiscard]] const std::vector<std::string>& get() const noexcept { return names_; }

 private:
  ::pid_t owner_;
  std::vector<std::string> names_;
};

class PosixQueue {
 public:
  explicit PosixQueue(const Channel& channel)
      : channel_(channel),
        depth_(channel.depth == 0 ? usual_depth : channel.depth),
        names_(channel.name, channel.receivers) {}

  class Sender {
   public:
    explicit Sender(PosixQueue& link) {
      for (const std::string& name : link.names_.get()) {
        queues_.emplace_back(name, O_WRONLY, link.channel_.bytes, link.depth_);
      }
    }
    void send(Message message) {
      for (const MessageQueue& queue : queues_) {
        if (::mq_send(queue.get(), reinterpret_cast<const char*>(message.data()), message.size(), 0) != 0) {
          throw std::system_error(errno, std::generic_category(), "mq_send");
        }
      }
    }

   private:
    std::deque<MessageQueue> queues_;
  };

  class Receiver {
   public:
    Receiver(PosixQueue& link, int number)
        : message_(link.channel_.bytes),
          queue_(link.names_.get()[static_cast<std::size_t>(number)],
                 link.channel_.wait == Wait::spin ? O_RDONLY | O_NONBLOCK : O_RDONLY, message_.size(),
                 link.depth_) {}
    template <class Use>
    void receive(Use use) {
      ::ssize_t bytes = 0;
      do
        bytes =
            ::mq_receive(queue_.get(), reinterpret_cast<char*>(message_.data()), message_.size(), nullptr);
      while (bytes < 0 && errno == EAGAIN);
      if (bytes < 0) throw std::system_error(errno, std::generic_category(), "mq_receive");
      use(Message(message_).first(static_cast<std::size_t>(bytes)));
    }

   private:
    std::vector<std::byte> message_;
    MessageQueue queue_;
  };

 private:
  Channel channel_;
  std::uint64_t depth_;
  QueueNames names_;
};

/// Lets this process, and those that it forks, have as many bytes in queues as its privileges permit.
void raise_the_limit() noexcept {
  constexpr ::rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MSGQUEUE, &none) == 0) return;
  ::rlimit mine{};
  ::getrlimit(RLIMIT_MSGQUEUE, &mine);
  mine.rlim_cur = mine.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_MSGQUEUE, &mine));
}

/// Found by trying, with four queues, which is the need of a question: up to 1 MiB, 0 where there are no
/// queues.
std::size_t largest_queued() {
  raise_the_limit();
  for (std::size_t bytes = std::size_t{1} << 20; bytes >= sizeof(std::uint64_t); bytes /= 2) {
    const QueueNames names("probe", 4);
    std::deque<MessageQueue> queues;
    try {
      for (const std::string& name : names.get()) queues.emplace_back(name, O_RDWR, bytes, usual_depth);
      return bytes;
    } catch (const std::system_error&) {
      continue;  // refused: try less
    }
  }
  return 0;
}

}  // namespace

Implementation posix_queue() {
  return implementation<PosixQueue>({
      .name = "POSIX message queue",
      .how = "mq_open(3) of 10 messages for each receiver, mq_send(3) and mq_receive(3)",
      .most_bytes = largest_queued(),
      .is_named = true,
  });
}

}  // namespace shm::bench
