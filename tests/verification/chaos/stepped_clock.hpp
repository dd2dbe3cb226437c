// SPDX-License-Identifier: Apache-2.0

// Clocks that are stepped, and one that is not.
//
// CLOCK_MONOTONIC and CLOCK_BOOTTIME of a process are moved by a time namespace, when it starts.
// CLOCK_REALTIME has no namespace: shm-chaos has a clock_gettime of its own (stepped_clock.cpp), which adds
// to the system's answer what the board says, at any moment. That reaches the library and the C++ library in
// all workers; the programs that are run beside them see the system's own.
#pragma once

#include <cstdint>

namespace shm::chaos {

/// Puts this process into a time namespace whose monotonic clocks are ahead by so much (or behind, as far as
/// the machine has been up). REQUIRES: one thread. False where the kernel does not allow it.
[[nodiscard]] bool enter_time_namespace(std::int64_t offset_ns) noexcept;

/// From now on CLOCK_REALTIME is off by what this word says. It must stay mapped.
void step_realtime_by(const void* offset_word) noexcept;

/// Says by how much this process's CLOCK_MONOTONIC is ahead of that of the director.
void set_monotonic_offset(std::int64_t offset_ns) noexcept;

/// The director's CLOCK_MONOTONIC, in ns: the same in every worker, whatever was stepped.
[[nodiscard]] std::int64_t true_now() noexcept;

}  // namespace shm::chaos
