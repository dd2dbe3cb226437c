// SPDX-License-Identifier: Apache-2.0

// A limit: the least work of a writer for a message that need not be read (bare_ring.hpp).
#include <stdexcept>

#include "limits/bare_ring.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

template <std::size_t Bytes>
class BareStore {
 public:
  explicit BareStore(const Channel&) : ring_((std::size_t{1} << 20) / Bytes) {}

  class Sender {
   public:
    explicit Sender(BareStore& store) : ring_(store.ring_) {}
    void send(Message message) { ring_.append(message.data()); }

   private:
    BareRing<Bytes>& ring_;
  };

  class Receiver {
   public:
    Receiver(BareStore&, int) { throw std::logic_error("the bare store has no receivers"); }
    template <class Use>
    void receive(Use) {}
  };

 private:
  BareRing<Bytes> ring_;
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
