// SPDX-License-Identifier: Apache-2.0

// Sleeping on a word of shared memory, also through a read-only mapping.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/base/interrupt.hpp"

namespace shm::os {

using FutexWord = std::atomic<std::uint32_t>;

/// Sleeps while `word` == `expected`, until a wake, the timeout, a signal, or a trigger of `interrupt`, if
/// there is one. May return early. The kernel compares the word in the same step, so no wake is lost between
/// the caller's load and the sleep. Kernels before 5.16 cannot sleep on two words: with an interrupt, the
/// sleep there is at most 10 ms.
void futex_wait(const FutexWord& word, std::uint32_t expected, std::chrono::steady_clock::time_point until,
                const Interrupt* interrupt = nullptr) noexcept;

/// One of several words to sleep on.
struct FutexWait {
  const FutexWord* word;
  std::uint32_t expected;
};

/// The most words of one sleep: the kernel's FUTEX_WAITV_MAX.
inline constexpr std::size_t most_futex_words = 128;

/// The same on any number of words: a wake of any of them ends the sleep. With more than most_futex_words it
/// sleeps on that many, and on kernels without the call (before 5.16, or forbidden) on the first alone; in both
/// cases for at most 1 ms. REQUIRES: at least one word.
void futex_wait_any(std::span<const FutexWait> words, std::chrono::steady_clock::time_point until) noexcept;

/// Can the kernel wait on several words in one sleep?
[[nodiscard]] bool can_wait_on_many() noexcept;

/// Wakes all threads that sleep on `word`. Async-signal-safe.
void futex_wake_all(const FutexWord& word) noexcept;

}  // namespace shm::os
