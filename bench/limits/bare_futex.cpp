#include "limits/bare_futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "support/clock.hpp"

namespace shm::bench {

void publish(BareFutex& futex) noexcept {
  futex.published_ns.store(monotonic_ns(), std::memory_order_relaxed);
  futex.word.fetch_add(1, std::memory_order_release);
  ::syscall(SYS_futex, &futex.word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

std::uint32_t sleep_on(const BareFutex& futex, std::uint32_t seen) noexcept {
  for (;;) {
    const std::uint32_t now = futex.word.load(std::memory_order_acquire);  // pairs with publish()
    if (now != seen) return now;
    ::syscall(SYS_futex, &futex.word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
  }
}

}  // namespace shm::bench
