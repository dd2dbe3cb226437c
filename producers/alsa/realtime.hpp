// SPDX-License-Identifier: Apache-2.0

// Makes the capturing process one that the scheduler and the pager do not keep waiting, where that is
// permitted.
#pragma once

namespace shm::programs {

/// SCHED_FIFO with this priority (interrupt threads have 50: stay below), memory locked, stack touched. What
/// is not permitted is left out, with a notice in the log. Call it when all streams are mapped.
void become_realtime(int priority);

}  // namespace shm::programs
