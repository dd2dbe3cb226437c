// SPDX-License-Identifier: Apache-2.0

// The atomics of the shared bytes: std::atomic. A checker that explores memory orders replaces them by its
// own (SHM_ATOMICS_HEADER, tests/verification/memory_model): so it runs the same code as every program.
//
//   shm::layout::Atomic<std::uint64_t> count{0};
//   count.store(1, std::memory_order_release);
//
// Any thread may use one. Nothing here throws.
#pragma once

#include <atomic>

#ifdef SHM_ATOMICS_HEADER
#include SHM_ATOMICS_HEADER
#else

namespace shm::layout {

template <class T>
using Atomic = std::atomic<T>;

}  // namespace shm::layout

#endif
