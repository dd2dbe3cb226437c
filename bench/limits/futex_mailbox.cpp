// SPDX-License-Identifier: Apache-2.0

// A limit: a message in shared memory and a futex word beside it that is counted up and woken each time.
// Nothing is checked; receivers must have woken before the next message is sent.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstring>

#include "support/shared.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

class FutexMailbox {
 public:
  explicit FutexMailbox(const Channel& channel) : bytes_(channel.bytes), memory_(64 + channel.bytes) {}

  class Sender {
   public:
    explicit Sender(FutexMailbox& box) : box_(box) {}
    void send(Message message) {
      std::memcpy(box_.message(), message.data(), message.size());
      box_.word().fetch_add(1, std::memory_order_release);  // pairs with the receiver's acquire
      ::syscall(SYS_futex, &box_.word(), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    }

   private:
    FutexMailbox& box_;
  };

  class Receiver {
   public:
    Receiver(FutexMailbox& box, int) : box_(box), seen_(box.word().load(std::memory_order_acquire)) {}
    template <class Use>
    void receive(Use use) {
      std::uint32_t now = 0;
      while ((now = box_.word().load(std::memory_order_acquire)) == seen_) {
        ::syscall(SYS_futex, &box_.word(), FUTEX_WAIT, seen_, nullptr, nullptr, 0);
      }
      seen_ = now;
      use(Message(box_.message(), box_.bytes_));
    }

   private:
    FutexMailbox& box_;
    std::uint32_t seen_;
  };

 private:
  using Word = std::atomic<std::uint32_t>;
  [[nodiscard]] Word& word() const { return *reinterpret_cast<Word*>(memory_.data()); }
  [[nodiscard]] std::byte* message() const { return memory_.data() + 64; }
  std::size_t bytes_;
  SharedPages memory_;
};

}  // namespace

Implementation futex_mailbox() {
  return implementation<FutexMailbox>(
      {.name = "bare futex",
       .kind = Kind::limit,
       .how = "one message in shared memory; FUTEX_WAKE each time, FUTEX_WAIT",
       .spins = false,
       .broadcasts = true,
       .one_at_a_time = true});
}

}  // namespace shm::bench
