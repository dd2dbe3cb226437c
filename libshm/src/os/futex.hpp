// SPDX-License-Identifier: Apache-2.0

// Sleeping on a word of shared memory, also through a read-only mapping.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shm::os {

using FutexWord = std::atomic<std::uint32_t>;

/// Sleeps while `word` holds `expected`, until woken, the time has come, or a signal. May return early.
void futex_wait(const FutexWord& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point until) noexcept;

/// The same on two words at once; `second` is private to the process. Kernels before 5.16 cannot: there it
/// sleeps on the first, in steps of at most 10 ms.
void futex_wait_either(const FutexWord& first, std::uint32_t expected_first, const FutexWord& second,
                       std::uint32_t expected_second, std::chrono::steady_clock::time_point until) noexcept;

/// One of several words to sleep on.
struct FutexWait {
  const FutexWord* word;
  std::uint32_t expected;
};

/// So many words can be slept on at once: the kernel's FUTEX_WAITV_MAX.
inline constexpr std::size_t most_futex_words = 128;

/// The same on any number of words: one sleep, which a wake of any of them ends. With more than
/// most_futex_words of them it sleeps on the first so many, and where the kernel cannot (before 5.16, or not
/// allowed) on the first alone, in steps of at most 1 ms. REQUIRES: at least one.
void futex_wait_any(std::span<const FutexWait> words, std::chrono::steady_clock::time_point until) noexcept;

/// Can the kernel wait on several words in one sleep?
[[nodiscard]] bool can_wait_on_many() noexcept;

/// Wakes all who sleep on `word`. Async-signal-safe.
void futex_wake_all(const FutexWord& word) noexcept;

}  // namespace shm::os
