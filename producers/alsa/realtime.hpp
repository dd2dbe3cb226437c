// SPDX-License-Identifier: Apache-2.0

// Real-time scheduling and locked memory for the capturing process, so that scheduler and pager do not delay
// it, where that is permitted.
#pragma once

namespace shm::programs {

/// SCHED_FIFO with this priority (interrupt threads have 50: stay below), memory locked, stack touched. A
/// step that is not permitted is left out, with a notice in the log. Call it when all streams are mapped.
void become_realtime(int priority);

}  // namespace shm::programs
