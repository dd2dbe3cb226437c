// How to wait for items, and how to stop waiting.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace shm {

/// spin:  lowest latency, burns the core.
/// sleep: cheapest; an awakening takes as long as the kernel takes (tens of microseconds).
/// spin_then_sleep: spins for `spin_for`, then sleeps. The default.
struct Waiting {
  enum class Strategy { spin, spin_then_sleep, sleep };

  Strategy strategy = Strategy::spin_then_sleep;
  std::chrono::nanoseconds spin_for = std::chrono::microseconds(20);

  /// Does it spin, for a while worth the name?
  [[nodiscard]] constexpr bool spins() const noexcept {
    return strategy == Strategy::spin ||
           (strategy == Strategy::spin_then_sleep && spin_for >= std::chrono::microseconds(2));
  }

  [[nodiscard]] static constexpr Waiting spin() { return {Strategy::spin, {}}; }
  [[nodiscard]] static constexpr Waiting sleep() { return {Strategy::sleep, {}}; }
};

/// Ends the waits of every reader that was given it, from another thread or from a signal handler. Stays
/// triggered until reset. It must outlive the readers that use it.
///
///   static shm::Interrupt stop;
///   std::signal(SIGINT, [](int) { stop.trigger(); });
class Interrupt {
 public:
  /// Async-signal-safe and thread-safe.
  void trigger() noexcept;
  /// Acquire: what was done before a trigger that this takes back is seen.
  void reset() noexcept { word_.exchange(0, std::memory_order_acq_rel); }
  [[nodiscard]] bool triggered() const noexcept { return word_.load(std::memory_order_acquire) != 0; }

  /// The futex that sleepers wait on beside their own.
  [[nodiscard]] const std::atomic<std::uint32_t>& word() const noexcept { return word_; }

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace shm
