// SPDX-License-Identifier: Apache-2.0

// membarrier(2), the asymmetric fence: the rare side pays for both sides. barrier() in a sleeper makes every running
// thread of every registered process execute a full memory barrier. So a writer needs no fence of its own on append.
//
// barrier() pairs with the compiler_fence() in ring::WakeRequests::is_pending. Any thread may call both.
#pragma once

namespace shm::os {

/// For the waking side, once per process. False: not available here (old kernel, seccomp); it must use a fence of
/// its own (ring::WakeRequests::Order::by_own_fence).
[[nodiscard]] bool register_for_barrier() noexcept;

/// For sleepers. False: not available here; the sleeper must not rely on a wake.
[[nodiscard]] bool barrier() noexcept;

}  // namespace shm::os
