// A limit: the least that a writer can do for a message that nobody may ever read: a store into a ring, and a
// store of the counter.
#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "support/shared.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

template <std::size_t Bytes>
class BareStore {
 public:
  explicit BareStore(const Channel&)
      : slots_((std::size_t{1} << 20) / Bytes), memory_(lines + slots_ * Bytes) {}

  class Sender {
   public:
    explicit Sender(BareStore& ring) : ring_(ring) {}
    void send(Message message) {
      std::byte* const slot = ring_.memory_.data() + lines + (sent_ & (ring_.slots_ - 1)) * Bytes;
      std::memcpy(slot, message.data(), Bytes);
      ring_.counter().store(++sent_, std::memory_order_release);  // would pair with a reader's acquire
    }

   private:
    BareStore& ring_;
    std::uint64_t sent_ = 0;
  };

  class Receiver {
   public:
    Receiver(BareStore&, int) { throw std::logic_error("the bare store has no receivers"); }
    template <class Use>
    void receive(Use) {}
  };

 private:
  static constexpr std::size_t lines = 4096;
  using Counter = std::atomic<std::uint64_t>;
  [[nodiscard]] Counter& counter() const { return *reinterpret_cast<Counter*>(memory_.data()); }
  std::size_t slots_;
  SharedPages memory_;
};

template <std::size_t Bytes>
std::unique_ptr<Link> link(const Channel& channel) {
  return std::make_unique<loops::LinkOf<BareStore<Bytes>>>(channel);
}

std::unique_ptr<Link> link_of_size(const Channel& channel) {
  switch (channel.bytes) {
    case 8:
      return link<8>(channel);
    case 64:
      return link<64>(channel);
    case 4096:
      return link<4096>(channel);
    default:
      throw std::invalid_argument("bare store: no messages of " + std::to_string(channel.bytes) + " bytes");
  }
}

}  // namespace

Implementation bare_store() {
  return {.is = {.name = "bare store",
                 .kind = Kind::limit,
                 .how = "a store into a ring of 1 MiB and a store of its counter",
                 .spins = false,
                 .sleeps = false,
                 .sends_alone = true},
          .link = link_of_size};
}

}  // namespace shm::bench
