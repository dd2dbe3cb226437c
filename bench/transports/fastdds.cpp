// SPDX-License-Identifier: Apache-2.0

// eProsima Fast DDS, by the way that its documentation names for the least overhead within a machine:
// "zero-copy", that is a plain type of a fixed size, data sharing (a reader sees the history of the writer,
// in shared memory) and samples lent by both ends. A message is copied into a lent sample, and read there.
// Discovery and acknowledgements go by the shared memory transport; no network is used.
//
// A thread of the library in the receiving process is notified of each message. Asleep: a wait set, that this
// thread wakes. Spinning: the condition of the wait set is looked at again and again, with sched_yield() in
// between, since that thread shares the processor.
//
// Reliable, synchronous, KEEP_LAST with a history of twice the messages that may be on the way (window()).
// KEEP_ALL, by which a writer should wait for readers instead, was tried: writers came to a halt when the
// history was full.
//
// A sample counts as acknowledged, and may be written again, as soon as it was taken, before it was read: a
// limit of the library (its issue 2080). A writer that is faster than its reader, in the questions that do
// not keep the window, would change what is being read. Messages up to 4 KiB, which those questions send, are
// therefore copied and then asked for with is_sample_valid(); larger ones are read in place.
//
// A receiver that never receives is of the "best effort" kind and keeps one
// message: nothing waits for it.
#include <fastdds/rtps/transport/shared_mem/SharedMemTransportDescriptor.h>
#include <fastrtps/config.h>
#include <unistd.h>
#include <fastdds/dds/core/LoanableSequence.hpp>
#include <fastdds/dds/core/condition/StatusCondition.hpp>
#include <fastdds/dds/core/condition/WaitSet.hpp>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/log/Log.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

namespace dds = eprosima::fastdds::dds;
namespace rtps = eprosima::fastrtps::rtps;
using eprosima::fastrtps::Duration_t;
using ReturnCode = eprosima::fastrtps::types::ReturnCode_t;

constexpr std::size_t most_copied = 4096;
constexpr std::int32_t most_taken = 16;

/// Of the process that forks the others: those of another run do not hear it. 230 is the last that has ports.
const auto domain_number = static_cast<dds::DomainId_t>(1 + ::getpid() % 230);

[[noreturn]] void fail(const std::string& doing) { throw std::runtime_error("Fast DDS: cannot " + doing); }

void check(const ReturnCode& result, const char* doing) {
  if (result != ReturnCode::RETCODE_OK) fail(std::string(doing) + ": error " + std::to_string(result()));
}

template <class T>
T* made(T* thing, const char* what) {
  if (thing == nullptr) fail(std::string("make a ") + what);
  return thing;
}

/// A message of this many bytes: the same in memory and on the wire, but for a header with the encoding.
class Bytes final : public dds::TopicDataType {
 public:
  explicit Bytes(std::size_t bytes) : bytes_(bytes) {
    setName(name(bytes).c_str());
    m_typeSize = static_cast<std::uint32_t>(header.size() + bytes);
  }
  static std::string name(std::size_t bytes) { return "shm_bench_" + std::to_string(bytes); }
  bool serialize(void* data, rtps::SerializedPayload_t* payload) override {
    if (payload->max_size < m_typeSize) return false;
    std::memcpy(payload->data, header.data(), header.size());
    std::memcpy(payload->data + header.size(), data, bytes_);
    payload->encapsulation = CDR_LE;
    payload->length = m_typeSize;
    return true;
  }
  bool deserialize(rtps::SerializedPayload_t* payload, void* data) override {
    if (payload->length != m_typeSize) return false;
    std::memcpy(data, payload->data + header.size(), bytes_);
    return true;
  }
  std::function<std::uint32_t()> getSerializedSizeProvider(void*) override {
    return [size = m_typeSize] { return size; };
  }
  void* createData() override { return new std::byte[bytes_]; }
  void deleteData(void* data) override { delete[] static_cast<std::byte*>(data); }
  bool getKey(void*, rtps::InstanceHandle_t*, bool) override { return false; }
  [[nodiscard]] bool is_bounded() const override { return true; }
  [[nodiscard]] bool is_plain() const override { return true; }

 private:
  static constexpr std::array<rtps::octet, 4> header{0, CDR_LE, 0, 0};
  std::size_t bytes_;
};

class Process {
 public:
  Process() {
    dds::Log::SetVerbosity(dds::Log::Kind::Error);
    const auto memory = std::make_shared<eprosima::fastdds::rtps::SharedMemTransportDescriptor>();
    memory->segment_size(4 << 20);  // at least a message of the largest size, were it not shared
    dds::DomainParticipantQos qos;
    qos.transport().use_builtin_transports = false;
    qos.transport().user_transports.push_back(memory);
    auto* factory = dds::DomainParticipantFactory::get_instance();
    participant.reset(made(factory->create_participant(domain_number, qos), "participant"));
    publisher = made(participant->create_publisher(dds::PUBLISHER_QOS_DEFAULT), "publisher");
    subscriber = made(participant->create_subscriber(dds::SUBSCRIBER_QOS_DEFAULT), "subscriber");
  }

  dds::Topic* topic(const Channel& channel) const {
    auto* known = participant->lookup_topicdescription(channel.name);
    if (known != nullptr) return static_cast<dds::Topic*>(known);
    check(dds::TypeSupport(new Bytes(channel.bytes)).register_type(participant.get()), "register a type");
    const std::string type = Bytes::name(channel.bytes);
    return made(participant->create_topic(channel.name, type, dds::TOPIC_QOS_DEFAULT), "topic");
  }

  struct Delete {
    void operator()(dds::DomainParticipant* gone) const {
      gone->delete_contained_entities();
      dds::DomainParticipantFactory::get_instance()->delete_participant(gone);
    }
  };
  std::unique_ptr<dds::DomainParticipant, Delete> participant;
  dds::Publisher* publisher = nullptr;    // the participant's
  dds::Subscriber* subscriber = nullptr;  // the participant's
};

/// One for all ends in this process, and only by them: it has threads, which no fork survives.
std::shared_ptr<Process> this_process() {
  static std::weak_ptr<Process> known;
  std::shared_ptr<Process> process = known.lock();
  if (!process) known = process = std::make_shared<Process>();
  return process;
}

class FastDds {
 public:
  explicit FastDds(const Channel& channel) : channel_(channel) {}
  [[nodiscard]] std::uint64_t window() const { return static_cast<std::uint64_t>(history(channel_)) / 2; }

  class Sender {
   public:
    explicit Sender(FastDds& fast) : process_(this_process()) {
      dds::DataWriterQos qos;
      keep_history(qos, fast.channel_);
      qos.resource_limits().extra_samples = 2 * most_taken;
      qos.reliability().kind = dds::RELIABLE_RELIABILITY_QOS;
      qos.reliability().max_blocking_time = Duration_t(10, 0);
      qos.publish_mode().kind = dds::SYNCHRONOUS_PUBLISH_MODE;
      dds::Topic* topic = process_->topic(fast.channel_);
      writer_ = made(process_->publisher->create_datawriter(topic, qos), "writer");
    }
    ~Sender() {
      // Its memory goes with it: also messages that were not received yet.
      static_cast<void>(writer_->wait_for_acknowledgments(Duration_t(1, 0)));
      process_->publisher->delete_datawriter(writer_);
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void send(Message message) {
      void* sample = nullptr;
      ReturnCode result = writer_->loan_sample(sample);
      while (result == ReturnCode::RETCODE_OUT_OF_RESOURCES) {  // all are waiting to be taken
        std::this_thread::yield();
        result = writer_->loan_sample(sample);
      }
      check(result, "borrow a sample");
      std::memcpy(sample, message.data(), message.size());
      check(writer_->write(sample, rtps::InstanceHandle_t{}), "write");
    }

   private:
    std::shared_ptr<Process> process_;
    dds::DataWriter* writer_;
  };

  class Receiver {
   public:
    Receiver(FastDds& fast, int number)
        : sleeps_(fast.channel_.wait == Wait::sleep),
          message_(fast.channel_.bytes),
          process_(this_process()) {
      dds::DataReaderQos qos;
      keep_history(qos, fast.channel_);
      qos.reliability().kind = dds::RELIABLE_RELIABILITY_QOS;
      if (number >= first_idle) {
        qos.reliability().kind = dds::BEST_EFFORT_RELIABILITY_QOS;
        qos.history().depth = 1;
      }
      dds::Topic* topic = process_->topic(fast.channel_);
      reader_ = made(process_->subscriber->create_datareader(topic, qos), "reader");
      dds::StatusCondition& condition = reader_->get_statuscondition();
      check(condition.set_enabled_statuses(dds::StatusMask::data_available()), "enable a condition");
      check(wait_set_.attach_condition(condition), "attach to a wait set");
    }
    ~Receiver() {
      wait_set_.detach_condition(reader_->get_statuscondition());
      process_->subscriber->delete_datareader(reader_);
    }
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    template <class Use>
    void receive(Use use) {
      while (!take(use)) {
        if (sleeps_) {
          dds::ConditionSeq active;
          check(wait_set_.wait(active, eprosima::fastrtps::c_TimeInfinite), "wait");
        } else {
          while (!reader_->get_statuscondition().get_trigger_value()) std::this_thread::yield();
        }
      }
    }

   private:
    /// Takes some of the available messages. Returns whether there were any.
    template <class Use>
    bool take(Use use) {
      dds::LoanableSequence<rtps::octet> samples;  // of each, the first byte
      dds::SampleInfoSeq infos;
      const ReturnCode result = reader_->take(samples, infos, most_taken);
      if (result == ReturnCode::RETCODE_NO_DATA) return false;
      check(result, "take");
      bool any = false;
      for (dds::LoanableCollection::size_type i = 0; i < infos.length(); ++i) {
        if (!infos[i].valid_data) continue;  // reports only that a writer has gone
        const auto* bytes = reinterpret_cast<const std::byte*>(&samples[i]);
        if (message_.size() <= most_copied) {
          std::memcpy(message_.data(), bytes, message_.size());
          if (!reader_->is_sample_valid(bytes, &infos[i])) continue;  // it was written again
          bytes = message_.data();
        }
        use(Message(bytes, message_.size()));
        any = true;
      }
      check(reader_->return_loan(samples, infos), "give back what was lent");
      return any;
    }

    bool sleeps_;
    std::vector<std::byte> message_;
    std::shared_ptr<Process> process_;
    dds::DataReader* reader_ = nullptr;
    dds::WaitSet wait_set_;
  };

 private:
  static std::int32_t history(const Channel& channel) {
    if (channel.depth > 0) return static_cast<std::int32_t>(channel.depth);
    return static_cast<std::int32_t>(std::clamp<std::size_t>((16 << 20) / channel.bytes, 16, 4096));
  }
  /// The common parts of writers and readers.
  template <class Qos>
  static void keep_history(Qos& qos, const Channel& channel) {
    qos.durability().kind = dds::VOLATILE_DURABILITY_QOS;
    qos.history().kind = dds::KEEP_LAST_HISTORY_QOS;
    qos.history().depth = history(channel);
    qos.resource_limits().max_samples = history(channel);
    qos.resource_limits().max_instances = 1;
    qos.resource_limits().max_samples_per_instance = history(channel);
    qos.data_sharing().on("");
  }

  Channel channel_;
};

/// Processes that are killed leave files of the library's in /dev/shm. Those that came during the run go with
/// it.
class NothingLeft {
 public:
  ~NothingLeft() {
    for (const std::string& name : names()) {
      std::error_code ignored;
      if (!before_.contains(name)) std::filesystem::remove("/dev/shm/" + name, ignored);
    }
  }
  NothingLeft() = default;
  NothingLeft(const NothingLeft&) = delete;
  NothingLeft& operator=(const NothingLeft&) = delete;

 private:
  static std::set<std::string> names() {
    std::set<std::string> found;
    for (const auto& file : std::filesystem::directory_iterator("/dev/shm")) {
      const std::string name = file.path().filename().string();
      if (name.starts_with("fast_datasharing_") || name.starts_with("fastrtps_") ||
          name.starts_with("sem.fastrtps_")) {
        found.insert(name);
      }
    }
    return found;
  }
  std::set<std::string> before_ = names();
};

}  // namespace

Implementation fast_dds() {
  return implementation<FastDds>(
      {
          .name = "Fast DDS",
          .version = FASTRTPS_VERSION_STR,
          .how =
              "data sharing with lent samples (\"zero-copy\"), reliable, KEEP_LAST of at most 4096 messages "
              "or 16 MiB; "
              "take() when the status condition is set, tested in a loop with sched_yield(), or a wait set",
          .broadcasts = true,
          .sends_alone = true,
          .is_named = true,
          .discovers_in_ms = 500,
      },
      [] { return std::make_shared<NothingLeft>(); });
}

}  // namespace shm::bench
