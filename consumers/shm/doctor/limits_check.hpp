// SPDX-License-Identifier: Apache-2.0

// Limits of this user's processes: locked memory, and real-time priority. Capture daemons (docs/capture.md)
// request both, and continue without them.
#pragma once

#include <sys/resource.h>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

/// Does mlock() of more than the limit work, as with CAP_IPC_LOCK?
[[nodiscard]] bool may_lock_beyond(::rlim_t limit) noexcept;
[[nodiscard]] Finding locked_memory_finding(::rlim_t limit, bool may_lock_beyond);

/// Tries SCHED_FIFO at this priority, in a thread of its own: an errno, 0 if it works.
[[nodiscard]] int try_realtime(int priority);
/// `limit`: RLIMIT_RTPRIO.
[[nodiscard]] Finding realtime_finding(int error, int priority, ::rlim_t limit);
/// `limit`: RLIMIT_NICE, that is 20 less the lowest nice value; `is_root`: it does not apply.
[[nodiscard]] Finding nice_finding(::rlim_t limit, bool may_realtime);

}  // namespace shm::programs
