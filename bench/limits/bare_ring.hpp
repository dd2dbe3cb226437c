// SPDX-License-Identifier: Apache-2.0

// A limit: the least work of a writer for one item: a store into a ring, and a store of the counter.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "support/shared.hpp"

namespace shm::bench {

template <std::size_t Bytes>
class BareRing {
 public:
  /// REQUIRES: capacity is a power of two. @throws std::system_error
  explicit BareRing(std::uint64_t capacity) : mask_(capacity - 1), slots_(capacity * Bytes), counter_(64) {}

  void append(const std::byte* item) noexcept {
    std::memcpy(slots_.data() + (next_ & mask_) * Bytes, item, Bytes);
    counter().store(++next_, std::memory_order_release);  // would pair with a reader's acquire
  }

 private:
  using Counter = std::atomic<std::uint64_t>;
  [[nodiscard]] Counter& counter() const noexcept { return *reinterpret_cast<Counter*>(counter_.data()); }

  std::uint64_t mask_;
  std::uint64_t next_ = 0;
  SharedPages slots_;
  SharedPages counter_;
};

}  // namespace shm::bench
