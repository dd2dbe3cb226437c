// SPDX-License-Identifier: Apache-2.0

// Eclipse iceoryx, the untyped C++ API: a message is copied into a chunk that was loaned from shared memory,
// and what travels is a reference to the chunk, through a queue for each subscriber. Receivers read it in
// place.
//
// Spinning: take() again and again, as the receivers of the library's own benchmark (iceperf) do. Asleep:
// WaitSet, with the state HAS_DATA, which also reports messages from before it was attached.
//
// Nothing may be lost, so both sides use the policies that the documentation names for that: a publisher that
// finds a queue full waits (busily, the library has no other way) for its subscriber. A receiver that never
// receives keeps the default instead, by which its oldest messages are discarded: it does not block the
// publisher. Queues hold as much as they can, 256 messages, but of large messages no more than 16 MiB: more
// would only be slower, for memory that left the cache.
//
// One publisher serves at most 256 subscribers, a limit that is compiled into the library.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_posh/iceoryx_posh_types.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"
#include "iceoryx_posh/popo/wait_set.hpp"
#include "iceoryx_posh/runtime/posh_runtime.hpp"
#include "iceoryx_versions.hpp"
#include "transports/daemon.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

std::uint64_t queue_capacity(std::size_t bytes) {
  return std::clamp<std::uint64_t>((16 << 20) / bytes, 8, iox::MAX_SUBSCRIBER_QUEUE_CAPACITY);
}

constexpr const char* process_name = "shm-bench-";  // and its number

/// Registers this process with RouDi, once.
void join_roudi() {
  [[maybe_unused]] static const bool joined = [] {
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kError,
                                                             iox::log::LogLevelOutput::kHideLogLevel);
    const std::string name = process_name + std::to_string(::getpid());
    iox::runtime::PoshRuntime::initRuntime(iox::RuntimeName_t(iox::cxx::TruncateToCapacity, name));
    return true;
  }();
}

class Iceoryx {
 public:
  explicit Iceoryx(const Channel& channel) : channel_(channel) {}

  class Sender {
   public:
    explicit Sender(Iceoryx& iceoryx) : publisher_(iceoryx.service(), options()) {}
    void send(Message message) {
      auto chunk = publisher_.loan(static_cast<std::uint32_t>(message.size()));
      if (chunk.has_error()) throw std::runtime_error("iceoryx: no chunk for a message can be loaned");
      std::memcpy(chunk.value(), message.data(), message.size());
      publisher_.publish(chunk.value());
    }

   private:
    static iox::popo::PublisherOptions options() {
      iox::popo::PublisherOptions options;
      options.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
      return options;
    }
    iox::popo::UntypedPublisher publisher_;
  };

  class Receiver {
   public:
    Receiver(Iceoryx& iceoryx, int number)
        : bytes_(iceoryx.channel_.bytes), subscriber_(iceoryx.service(), options(bytes_, number)) {
      if (iceoryx.channel_.wait == Wait::spin) return;
      wait_set_.emplace();
      if (wait_set_->attachState(subscriber_, iox::popo::SubscriberState::HAS_DATA).has_error()) {
        throw std::runtime_error("iceoryx: a subscriber cannot be attached to a wait set");
      }
    }
    template <class Use>
    void receive(Use use) {
      while (!take(use)) {
        if (wait_set_) {
          wait_set_->wait();
        } else {
          ring::pause();
        }
      }
    }

   private:
    static iox::popo::SubscriberOptions options(std::size_t bytes, int number) {
      iox::popo::SubscriberOptions options;
      options.queueCapacity = queue_capacity(bytes);
      if (number < first_idle) options.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
      return options;
    }
    /// Takes all available messages. Returns whether there were any.
    template <class Use>
    bool take(Use use) {
      bool any = false;
      for (;; any = true) {
        const auto chunk = subscriber_.take();
        if (chunk.has_error()) {
          if (chunk.get_error() == iox::popo::ChunkReceiveResult::NO_CHUNK_AVAILABLE) return any;
          throw std::runtime_error("iceoryx: a subscriber holds too many messages");
        }
        use(Message(static_cast<const std::byte*>(chunk.value()), bytes_));
        subscriber_.release(chunk.value());
      }
    }

    std::size_t bytes_;
    iox::popo::UntypedSubscriber subscriber_;
    std::optional<iox::popo::WaitSet<1>> wait_set_ = {};  // gone before what is attached to it
  };

 private:
  [[nodiscard]] iox::capro::ServiceDescription service() const {
    join_roudi();  // by the ends only: what it starts does not survive a fork
    return {"shm-bench", iox::capro::IdString_t(iox::cxx::TruncateToCapacity, channel_.name), "messages"};
  }

  Channel channel_;
};

/// Processes remove their sockets and lock files when they exit; those of the benchmark end without.
void remove_what_the_dead_left() {
  for (const auto& file : std::filesystem::directory_iterator("/tmp")) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with(process_name)) continue;
    const long process = std::strtol(name.c_str() + std::strlen(process_name), nullptr, 10);
    if (process <= 0 || ::kill(static_cast<::pid_t>(process), 0) == 0 || errno != ESRCH) continue;
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
}

void stop_roudi(Daemon* roudi) {
  // RouDi finds out in 1.5 s that a process has ended. If it is stopped before, it aborts and leaves its
  // memory behind.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  delete roudi;
  remove_what_the_dead_left();
}

std::shared_ptr<Daemon> start_roudi() {
  remove_what_the_dead_left();
  // Chunks of the sizes that are needed, four times as many as a queue holds: both directions, twice.
  const std::string configuration = daemon_directory("iceoryx") + "/roudi.toml";
  std::ofstream file(configuration);
  file << "[general]\nversion = 1\n\n[[segment]]\n";
  for (std::size_t bytes = 8; bytes <= (1 << 20); bytes *= 2) {
    file << "\n[[segment.mempool]]\nsize = " << bytes << "\ncount = " << 4 * queue_capacity(bytes) << '\n';
  }
  file.close();
  if (!file) throw std::runtime_error("cannot write " + configuration);
  // Its socket may be that of a RouDi that crashed: its output is more reliable.
  const auto is_ready = [] {
    std::ostringstream said;
    said << std::ifstream(daemon_directory("logs") + "/iox-roudi.log").rdbuf();
    return said.str().find("RouDi is ready for clients") != std::string::npos;
  };
  return {new Daemon({"iox-roudi", "--log-level", "error", "--config-file", configuration}, is_ready),
          stop_roudi};
}

}  // namespace

Implementation iceoryx() {
  return implementation<Iceoryx>(
      {
          .name = "iceoryx",
          .version = ICEORYX_LATEST_RELEASE_VERSION,
          .how = "untyped publisher: loan(), a copy, publish(); take() in a loop or WaitSet; queues of 256 "
                 "messages, at most 16 MiB, whose publisher waits when they are full",
          .broadcasts = true,
          .sends_alone = true,
          .is_named = true,
      },
      start_roudi);
}

}  // namespace shm::bench
