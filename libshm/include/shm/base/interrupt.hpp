// SPDX-License-Identifier: Apache-2.0

// An interrupt: ends waits from another thread or from a signal handler.
//
//   shm::Interrupt interrupt;
//   shm::Reader<Tick> in("market/ticks", shm::Start::next(), {.interrupt = &interrupt});
//   std::jthread stopper([&interrupt] { interrupt.trigger(); });
//   shm::Next<Tick> next = in.next();  // Status::interrupted
//
// trigger() may be called from any thread and any signal handler. Nothing here throws.
#pragma once

#include <atomic>
#include <cstdint>

#include "shm/base/export.hpp"

namespace shm {

/// Ends the waits of all readers whose options have it, and stays triggered until it is reset. It must outlive
/// these readers. For a signal handler it is a static object:
///
///   static shm::Interrupt stop;
///   std::signal(SIGINT, [](int) { stop.trigger(); });
class SHM_API Interrupt {
 public:
  /// Async-signal-safe and thread-safe.
  void trigger() noexcept;
  /// Acquire and release: pairs with the release in trigger(). The caller sees all stores before that
  /// trigger.
  void reset() noexcept { word_.exchange(0, std::memory_order_acq_rel); }
  /// Acquire: pairs with the release in trigger().
  [[nodiscard]] bool triggered() const noexcept { return word_.load(std::memory_order_acquire) != 0; }

  /// The futex word that readers sleep on, beside the wake words of their streams.
  [[nodiscard]] const std::atomic<std::uint32_t>& word() const noexcept { return word_; }

 private:
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace shm
