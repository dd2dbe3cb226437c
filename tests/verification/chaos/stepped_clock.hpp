// SPDX-License-Identifier: Apache-2.0

// Clocks that faults step, and one clock that they do not.
//
// CLOCK_MONOTONIC and CLOCK_BOOTTIME of a process are moved by a time namespace, when it starts.
// CLOCK_REALTIME has no namespace: shm-chaos has its own clock_gettime (stepped_clock.cpp), which adds the board's
// current offset to the system's time. The library and the C++ library in all workers use it; programs that run
// beside them use the system's clock.
#pragma once

#include <cstdint>

namespace shm::chaos {

/// Puts this process into a time namespace whose monotonic clocks have this offset (a negative one is limited by the
/// machine's uptime). Returns false if the kernel does not allow it. REQUIRES: one thread.
[[nodiscard]] bool enter_time_namespace(std::int64_t offset_ns) noexcept;

/// From now on CLOCK_REALTIME has the offset in this word, which must stay mapped.
void step_realtime_by(const void* offset_word) noexcept;

/// Sets the offset of this process's CLOCK_MONOTONIC relative to that of the director.
void set_monotonic_offset(std::int64_t offset_ns) noexcept;

/// Returns the director's CLOCK_MONOTONIC, in ns: the same in every worker, in spite of steps.
[[nodiscard]] std::int64_t true_now() noexcept;

}  // namespace shm::chaos
