// A limit: the least that a writer can do for one item: a store into a ring, and a store of the counter.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "support/shared.hpp"

namespace shm::bench {

class BareRing {
 public:
  /// REQUIRES: capacity is a power of two. @throws std::system_error
  explicit BareRing(std::uint64_t capacity)
      : mask_(capacity - 1), slots_(capacity * sizeof(Slot)), counter_(64) {}

  void append(std::uint64_t item) noexcept {
    slots()[next_ & mask_].store(item, std::memory_order_relaxed);
    counter().store(++next_, std::memory_order_release);
  }

 private:
  using Slot = std::atomic<std::uint64_t>;
  [[nodiscard]] Slot* slots() const noexcept { return reinterpret_cast<Slot*>(slots_.data()); }
  [[nodiscard]] Slot& counter() const noexcept { return *reinterpret_cast<Slot*>(counter_.data()); }

  std::uint64_t mask_;
  std::uint64_t next_ = 0;
  SharedPages slots_;
  SharedPages counter_;
};

}  // namespace shm::bench
