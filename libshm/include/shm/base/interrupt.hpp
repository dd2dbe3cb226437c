// SPDX-License-Identifier: Apache-2.0

// Ends waits from another thread or from a signal handler.
#pragma once

#include <atomic>
#include <cstdint>

#include "shm/base/export.hpp"

namespace shm {

/// Ends the waits of every reader that was given it, from another thread or from a signal handler. Stays
/// triggered until reset. It must outlive the readers that use it.
///
///   static shm::Interrupt stop;
///   std::signal(SIGINT, [](int) { stop.trigger(); });
class SHM_API Interrupt {
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
