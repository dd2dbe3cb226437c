// SPDX-License-Identifier: Apache-2.0

// The clock of the measurements: the processor's tick counter where there is one, which costs some 10 ns and
// may tick no finer than that. Times as small as that are measured over blocks of many (one_way.cpp).
#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace shm::bench {

/// Nanoseconds of CLOCK_MONOTONIC: the same in all processes.
[[nodiscard]] inline std::int64_t monotonic_ns() noexcept {
  ::timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[nodiscard]] inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(monotonic_ns());
#endif
}

/// How long a tick is; measured once, in 20 ms, at the first call.
[[nodiscard]] double ns_per_tick() noexcept;

/// The cost of a call of ticks(), in ns.
[[nodiscard]] double ticks_cost_ns() noexcept;

/// The time between two calls of ticks().
[[nodiscard]] inline double ns_between(std::uint64_t from, std::uint64_t to) noexcept {
  return static_cast<double>(to - from) * ns_per_tick();
}

}  // namespace shm::bench
