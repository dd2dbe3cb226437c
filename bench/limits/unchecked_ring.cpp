// SPDX-License-Identifier: Apache-2.0

// A limit: the textbook ring of one producer and one consumer, each with a counter in a cache line of its own
// and a copy of the other's that it renews only when it must. Both processes write the memory. It holds no
// type, name or state, and survives no crash. It has as many bytes as a stream's ring by default.
#include <bit>
#include <cstring>

#include "support/shared.hpp"
#include "transports/history.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

class UncheckedRing {
 public:
  explicit UncheckedRing(const Channel& channel)
      : bytes_(channel.bytes),
        slots_(std::bit_ceil(2 * history_of(channel))),
        memory_(lines + slots_ * channel.bytes) {}

  class Sender {
   public:
    explicit Sender(UncheckedRing& ring) : ring_(ring) {}
    void send(Message message) {
      if (sent_ - taken_ == ring_.slots_) {
        // Acquire pairs with the receiver's release: it is done with the slot.
        while (sent_ - (taken_ = ring_.taken().load(std::memory_order_acquire)) == ring_.slots_)
          ring::pause();
      }
      std::memcpy(ring_.slot(sent_), message.data(), message.size());
      ring_.sent().store(++sent_, std::memory_order_release);  // pairs with the receiver's acquire
    }

   private:
    UncheckedRing& ring_;
    std::uint64_t sent_ = 0;
    std::uint64_t taken_ = 0;
  };

  class Receiver {
   public:
    Receiver(UncheckedRing& ring, int) : ring_(ring) {}
    template <class Use>
    void receive(Use use) {
      while (taken_ == sent_) {
        sent_ = ring_.sent().load(std::memory_order_acquire);
        if (taken_ == sent_) ring::pause();
      }
      use(Message(ring_.slot(taken_), ring_.bytes_));
      ring_.taken().store(++taken_, std::memory_order_release);
    }

   private:
    UncheckedRing& ring_;
    std::uint64_t sent_ = 0;
    std::uint64_t taken_ = 0;
  };

 private:
  static constexpr std::size_t apart = 128;  // processors fetch lines in pairs
  static constexpr std::size_t lines = 4096;
  using Counter = std::atomic<std::uint64_t>;
  [[nodiscard]] Counter& sent() const { return *reinterpret_cast<Counter*>(memory_.data()); }
  [[nodiscard]] Counter& taken() const { return *reinterpret_cast<Counter*>(memory_.data() + apart); }
  [[nodiscard]] std::byte* slot(std::uint64_t number) const {
    return memory_.data() + lines + (number & (slots_ - 1)) * bytes_;
  }
  std::size_t bytes_;
  std::uint64_t slots_;
  SharedPages memory_;
};

}  // namespace

Implementation unchecked_ring() {
  return implementation<UncheckedRing>(
      {.name = "unchecked ring",
       .kind = Kind::limit,
       .how = "one producer, one consumer, cached counters, no checks, as many bytes as a stream's ring",
       .sleeps = false});
}

}  // namespace shm::bench
