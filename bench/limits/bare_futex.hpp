// A limit: one process asleep on a futex word that another counts up, with the time of the wake beside it.
#pragma once

#include <atomic>
#include <cstdint>

namespace shm::bench {

struct alignas(128) BareFutex {
  std::atomic<std::uint32_t> word{0};
  std::atomic<std::int64_t> published_ns{0};
};

/// Stamps, counts up, wakes.
void publish(BareFutex& futex) noexcept;

/// Sleeps until the word is not `seen` any more; gives the new one.
[[nodiscard]] std::uint32_t sleep_on(const BareFutex& futex, std::uint32_t seen) noexcept;

}  // namespace shm::bench
