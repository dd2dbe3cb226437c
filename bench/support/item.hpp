// SPDX-License-Identifier: Apache-2.0

// The items of the benchmarks' streams: rows of 64-bit words, the first of which is a sequence number or
// a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shm::bench {

template <std::size_t Bytes>
using Item = std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)>;

/// Makes the optimizer treat memory and `value` as used, and as changed.
template <class T>
inline void keep(T& value) noexcept {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace shm::bench
