// Sleeping on a word of shared memory, also through a read-only mapping.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace shm::os {

using FutexWord = std::atomic<std::uint32_t>;

/// Sleeps while `word` holds `expected`, until woken, the time has come, or a signal. May return early.
void futex_wait(const FutexWord& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point until) noexcept;

/// The same on two words at once; `second` is private to the process. Kernels before 5.16 cannot: there it
/// sleeps on the first, in steps of at most 10 ms.
void futex_wait_either(const FutexWord& first, std::uint32_t expected_first, const FutexWord& second,
                       std::uint32_t expected_second, std::chrono::steady_clock::time_point until) noexcept;

/// Wakes all who sleep on `word`. Async-signal-safe.
void futex_wake_all(const FutexWord& word) noexcept;

}  // namespace shm::os
