// SPDX-License-Identifier: Apache-2.0

// The usual hand-made transport: a ring for one sender and one receiver in pages that both map, and
// eventfd(2) to sleep on while it is empty (the receiver) or full (the sender). A side that goes to sleep
// sets a flag first, so that the other makes a system call only if it sleeps. One ring for each receiver. It
// is not measured spinning: that would be the unchecked ring, a limit.
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "support/shared.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

/// One side sleeps until the other wakes it. Both have the descriptor from before the fork.
class Bed {
 public:
  Bed() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Bed() { ::close(descriptor_); }
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;

  /// `sleeps`: in shared memory. `over`: true if there is no reason to sleep any more.
  template <class Over>
  void sleep_until(std::atomic<bool>& sleeps, Over over) const {
    for (;;) {
      sleeps.store(true, std::memory_order_relaxed);
      // Pairs with the fence in wake(): either over() sees what the other side stored before its fence, or
      // the other side sees the flag after it. Not neither.
      ring::full_fence();
      if (over()) break;
      ::eventfd_t times = 0;
      if (::eventfd_read(descriptor_, &times) != 0) {
        throw std::system_error(errno, std::generic_category(), "sleep on an eventfd");
      }
    }
    // A wake that comes nevertheless only makes the next sleep look again.
    sleeps.store(false, std::memory_order_relaxed);
  }

  /// The state that the sleeper waits for was stored before.
  void wake(std::atomic<bool>& sleeps) const {
    ring::full_fence();  // pairs with that in sleep_until()
    if (!sleeps.load(std::memory_order_relaxed)) return;
    sleeps.store(false, std::memory_order_relaxed);  // one call for each sleep
    if (::eventfd_write(descriptor_, 1) != 0) {
      throw std::system_error(errno, std::generic_category(), "wake through an eventfd");
    }
  }

 private:
  int descriptor_;
};

/// At the beginning of the shared pages. Away from each other: the flags are looked at for every message, and
/// written only for sleeps.
struct Indices {
  alignas(128) std::atomic<std::uint64_t> sent{0};
  alignas(128) std::atomic<std::uint64_t> taken{0};
  alignas(128) std::atomic<bool> sender_sleeps{false};
  alignas(128) std::atomic<bool> receiver_sleeps{false};
};

class SharedRing {
 public:
  SharedRing(std::size_t bytes, std::uint64_t slots)
      : bytes_(bytes),
        slots_(slots),
        pages_(sizeof(Indices) + slots * bytes),
        indices_(new (pages_.data()) Indices) {}

  void send(Message message) {
    const std::uint64_t sent = indices_->sent.load(std::memory_order_relaxed);  // only this side writes it
    if (sent - taken_seen_ == slots_) {
      // Acquire pairs with the release in receive(): read before it is overwritten.
      const auto has_room = [&] {
        return sent - (taken_seen_ = indices_->taken.load(std::memory_order_acquire)) < slots_;
      };
      if (!has_room()) room_.sleep_until(indices_->sender_sleeps, has_room);
    }
    std::memcpy(slot(sent), message.data(), message.size());
    indices_->sent.store(sent + 1, std::memory_order_release);  // pairs with the acquire in receive()
    messages_.wake(indices_->receiver_sleeps);
  }

  template <class Use>
  void receive(Use use) {
    const std::uint64_t taken = indices_->taken.load(std::memory_order_relaxed);  // only this side writes it
    std::uint64_t sent = 0;
    // Acquire pairs with the release in send(): the message is there.
    const auto has_messages = [&] {
      return (sent = indices_->sent.load(std::memory_order_acquire)) != taken;
    };
    if (!has_messages()) messages_.sleep_until(indices_->receiver_sleeps, has_messages);
    // Room is given back a quarter at a time at the latest, so that the sender need not wait for all of it.
    const std::uint64_t until = std::min(sent, taken + (slots_ + 3) / 4);
    for (std::uint64_t number = taken; number != until; ++number) use(Message(slot(number), bytes_));
    indices_->taken.store(until, std::memory_order_release);  // pairs with the acquire in send()
    room_.wake(indices_->sender_sleeps);
  }

 private:
  [[nodiscard]] std::byte* slot(std::uint64_t number) const noexcept {
    return pages_.data() + sizeof(Indices) + number % slots_ * bytes_;
  }

  std::size_t bytes_;
  std::uint64_t slots_;
  SharedPages pages_;
  Indices* indices_;
  Bed messages_;  ///< the receiver's
  Bed room_;      ///< the sender's
  /// The sender's: it looks at the other's cache line only when this value means that the ring is full.
  std::uint64_t taken_seen_ = 0;
};

class EventfdRing {
 public:
  explicit EventfdRing(const Channel& channel) {
    const std::uint64_t slots =
        channel.depth > 0 ? channel.depth : std::max<std::uint64_t>(4, (1 << 20) / channel.bytes);
    for (int i = 0; i < channel.receivers; ++i) {
      rings_.push_back(std::make_unique<SharedRing>(channel.bytes, slots));
    }
  }

  class Sender {
   public:
    explicit Sender(EventfdRing& link) : link_(link) {}
    void send(Message message) {
      for (const auto& ring : link_.rings_) ring->send(message);
    }

   private:
    EventfdRing& link_;
  };

  class Receiver {
   public:
    Receiver(EventfdRing& link, int number) : ring_(*link.rings_[static_cast<std::size_t>(number)]) {}
    template <class Use>
    void receive(Use use) {
      ring_.receive(use);
    }

   private:
    SharedRing& ring_;
  };

 private:
  std::vector<std::unique_ptr<SharedRing>> rings_;
};

}  // namespace

Implementation eventfd_ring() {
  return implementation<EventfdRing>({
      .name = "eventfd + shared ring",
      .how = "a ring of 1 MiB, at least 4 messages, in shared memory for each receiver; a side that finds it "
             "empty or full "
             "sets a flag and sleeps in read(2) of an eventfd(2)",
      .spins = false,
  });
}

}  // namespace shm::bench
