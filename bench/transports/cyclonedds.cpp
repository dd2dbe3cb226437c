// SPDX-License-Identifier: Apache-2.0

// Eclipse Cyclone DDS, its C API: a message is a sequence of bytes (cyclonedds.idl), which dds_write()
// serializes and sends, in the calling thread, over UDP of the loopback interface. A thread of the library in
// the receiving process puts it into the cache of the reader, from where dds_take() lends it.
//
// Asleep: a wait set with a read condition. Spinning: dds_take() again and again, as the library's
// documentation does for the highest rates, with sched_yield() in between: the receiving thread has to share
// the processor.
//
// Reliable, KEEP_ALL, a latency budget of 0 (messages are not batched): nothing is lost, a writer that has
// too much unacknowledged waits. How much that is is the one thing that the documentation raised for its own
// measurements of throughput, and so it is here. Limits for a reader's cache lose nothing either, but a
// writer that meets them waits for 100 ms. Datagrams and fragments are of the sizes that the project's own
// script for measuring on one machine (quick-microbenchmark) sets. A receiver that never receives keeps only
// the last message.
//
// Not used: WriteBatch, which holds messages back until they are flushed, and shared memory by way of
// iceoryx. That is in Debian's library, needs RouDi, keeps no more than the last 256 messages, and still
// copies and hands over to a thread twice.
#include <dds/dds.h>
#include <dds/version.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <thread>

#include "cyclonedds.h"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

/// Loopback has no multicast: participants look for each other at the ports of the first so many processes.
constexpr const char* configuration = R"(
  <General>
    <Interfaces><NetworkInterface name="lo"/></Interfaces>
    <AllowMulticast>false</AllowMulticast>
    <MaxMessageSize>65500B</MaxMessageSize>
    <FragmentSize>65000B</FragmentSize>
  </General>
  <Discovery>
    <ParticipantIndex>auto</ParticipantIndex>
    <MaxAutoParticipantIndex>31</MaxAutoParticipantIndex>
    <Peers><Peer address="127.0.0.1"/></Peers>
  </Discovery>
  <Internal>
    <SocketReceiveBufferSize max="8MB"/>
    <Watermarks><WhcHigh>8MB</WhcHigh></Watermarks>
  </Internal>
)";

/// Of the process that forks the others: those of another run do not hear it. 230 is the last that has ports.
const auto domain_number = static_cast<::dds_domainid_t>(1 + ::getpid() % 230);

::dds_return_t checked(::dds_return_t result, const char* doing) {
  if (result >= 0) return result;
  throw std::runtime_error(std::string("Cyclone DDS: cannot ") + doing + ": " + ::dds_strretcode(-result));
}

class Entity {
 public:
  Entity(::dds_entity_t entity, const char* doing) : entity_(checked(entity, doing)) {}
  ~Entity() { ::dds_delete(entity_); }
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;
  [[nodiscard]] ::dds_entity_t get() const noexcept { return entity_; }

 private:
  ::dds_entity_t entity_;
};

struct Process {
  Entity domain{::dds_create_domain(domain_number, configuration), "make a domain"};
  Entity participant{::dds_create_participant(domain_number, nullptr, nullptr), "make a participant"};
};

/// One for all ends in this process, and only by them: it has threads, which no fork survives.
std::shared_ptr<Process> this_process() {
  static std::weak_ptr<Process> known;
  std::shared_ptr<Process> process = known.lock();
  if (!process) known = process = std::make_shared<Process>();
  return process;
}

struct Topic {
  explicit Topic(std::string name)
      : entity(make(std::move(name), process->participant.get()), "make a topic") {}
  static ::dds_entity_t make(std::string name, ::dds_entity_t participant) {
    std::replace(name.begin(), name.end(), '-', '_');  // not allowed
    return ::dds_create_topic(participant, &shm_bench_Message_desc, name.c_str(), nullptr, nullptr);
  }
  std::shared_ptr<Process> process = this_process();
  Entity entity;
};

class Qos {
 public:
  explicit Qos(::dds_history_kind_t history) : qos_(::dds_create_qos(), ::dds_delete_qos) {
    ::dds_qset_reliability(qos_.get(), DDS_RELIABILITY_RELIABLE, DDS_INFINITY);
    ::dds_qset_history(qos_.get(), history, 1);
    ::dds_qset_latency_budget(qos_.get(), 0);
  }
  [[nodiscard]] const ::dds_qos_t* get() const noexcept { return qos_.get(); }

 private:
  std::unique_ptr<::dds_qos_t, decltype(&::dds_delete_qos)> qos_;
};

class CycloneDds {
 public:
  explicit CycloneDds(const Channel& channel) : channel_(channel) {}

  class Sender {
   public:
    explicit Sender(CycloneDds& dds)
        : topic_(dds.channel_.name),
          writer_(::dds_create_writer(topic_.process->participant.get(), topic_.entity.get(),
                                      Qos(DDS_HISTORY_KEEP_ALL).get(), nullptr),
                  "make a writer") {}
    void send(Message message) {
      const auto bytes = static_cast<std::uint32_t>(message.size());
      // Only read, in spite of the type.
      auto* data = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(message.data()));
      const ::shm_bench_Message sample{{bytes, bytes, data, false}};
      checked(::dds_write(writer_.get(), &sample), "write");
    }

   private:
    Topic topic_;
    Entity writer_;
  };

  class Receiver {
   public:
    Receiver(CycloneDds& dds, int number)
        : sleeps_(dds.channel_.wait == Wait::sleep),
          topic_(dds.channel_.name),
          reader_(::dds_create_reader(
                      topic_.process->participant.get(), topic_.entity.get(),
                      Qos(number < first_idle ? DDS_HISTORY_KEEP_ALL : DDS_HISTORY_KEEP_LAST).get(), nullptr),
                  "make a reader"),
          condition_(::dds_create_readcondition(reader_.get(), DDS_ANY_STATE), "make a condition"),
          wait_set_(::dds_create_waitset(topic_.process->participant.get()), "make a wait set") {
      checked(::dds_waitset_attach(wait_set_.get(), condition_.get(), 0), "attach to a wait set");
    }
    template <class Use>
    void receive(Use use) {
      for (;;) {
        if (sleeps_) checked(::dds_waitset_wait(wait_set_.get(), nullptr, 0, DDS_INFINITY), "wait");
        if (take(use)) return;
        if (!sleeps_) std::this_thread::yield();
      }
    }

   private:
    /// Takes some of the available messages. Returns whether there were any.
    template <class Use>
    bool take(Use use) {
      constexpr std::uint32_t most = 64;
      std::array<void*, most> samples{};  // null: to be lent
      std::array<::dds_sample_info_t, most> infos;
      const auto taken = checked(::dds_take(reader_.get(), samples.data(), infos.data(), most, most), "take");
      bool any = false;
      for (std::size_t i = 0; i < static_cast<std::size_t>(taken); ++i) {
        if (!infos[i].valid_data) continue;  // reports only that a writer has gone
        const auto& payload = static_cast<const ::shm_bench_Message*>(samples[i])->payload;
        use(Message(reinterpret_cast<const std::byte*>(payload._buffer), payload._length));
        any = true;
      }
      if (taken > 0)
        checked(::dds_return_loan(reader_.get(), samples.data(), taken), "give back what was lent");
      return any;
    }

    bool sleeps_;
    Topic topic_;
    Entity reader_;
    Entity condition_;
    Entity wait_set_;
  };

 private:
  Channel channel_;
};

}  // namespace

Implementation cyclone_dds() {
  return implementation<CycloneDds>({
      .name = "Cyclone DDS",
      .version = DDS_VERSION,
      .how = "UDP over loopback, reliable, KEEP_ALL; dds_write() of a sequence of bytes; dds_take() in a "
             "loop with "
             "sched_yield(), or a wait set",
      .broadcasts = true,
      .sends_alone = true,
      .is_named = true,
      .discovers_in_ms = 500,
  });
}

}  // namespace shm::bench
