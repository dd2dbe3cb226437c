// SPDX-License-Identifier: Apache-2.0

// Limits: room for one message in shared memory, and a counter that announces it. Up to 48 bytes share the
// cache line of the counter, as they do in a stream. Nothing is checked; the receiver must have replied
// before the next message is sent. Once with both processes mapping it for writing, once with the receiver's
// mapping read-only, as for readers of a stream (its cost: bare_line.hpp).
#include <cstring>
#include <stdexcept>

#include "support/shared.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

constexpr std::size_t in_line = 48;

template <bool read_only>
class Mailbox {
 public:
  explicit Mailbox(const Channel& channel) : bytes_(channel.bytes), memory_(4096 + channel.bytes) {}

  class Sender {
   public:
    explicit Sender(Mailbox& box) : box_(box) {}
    void send(Message message) {
      std::memcpy(box_.memory_.writable() + box_.place(), message.data(), message.size());
      // Release pairs with the receiver's acquire: the counter is seen after the message.
      counter().store(++sent_, std::memory_order_release);
    }

   private:
    using Counter = std::atomic<std::uint64_t>;
    [[nodiscard]] Counter& counter() const { return *reinterpret_cast<Counter*>(box_.memory_.writable()); }
    Mailbox& box_;
    std::uint64_t sent_ = 0;
  };

  class Receiver {
   public:
    Receiver(Mailbox& box, int)
        : bytes_(box.bytes_),
          memory_(read_only ? box.memory_.read_only() : box.memory_.writable()),
          message_(memory_ + box.place()) {}
    template <class Use>
    void receive(Use use) {
      std::uint64_t now = 0;
      while ((now = counter().load(std::memory_order_acquire)) == seen_) ring::pause();
      seen_ = now;
      use(Message(message_, bytes_));
    }

   private:
    using Counter = const std::atomic<std::uint64_t>;
    [[nodiscard]] Counter& counter() const { return *reinterpret_cast<Counter*>(memory_); }
    std::size_t bytes_;
    const std::byte* memory_;
    const std::byte* message_;
    std::uint64_t seen_ = 0;
  };

 private:
  [[nodiscard]] std::size_t place() const { return bytes_ <= in_line ? sizeof(std::uint64_t) : 64; }
  std::size_t bytes_;
  TwiceMapped memory_;
};

}  // namespace

Implementation shared_mailbox() {
  return implementation<Mailbox<false>>({.name = "mailbox",
                                         .kind = Kind::limit,
                                         .how = "one message and a counter in memory that both may write",
                                         .sleeps = false,
                                         .one_at_a_time = true});
}

Implementation read_only_mailbox() {
  return implementation<Mailbox<true>>(
      {.name = "read-only mailbox",
       .kind = Kind::limit,
       .how = "one message and a counter in memory that the receiver maps read-only",
       .sleeps = false,
       .one_at_a_time = true});
}

}  // namespace shm::bench
