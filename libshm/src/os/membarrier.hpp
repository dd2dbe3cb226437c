// SPDX-License-Identifier: Apache-2.0

// The asymmetric fence: the rare side pays for both. A sleeper's barrier() makes every running thread of
// every registered process pass a full memory barrier, so that a writer needs none of its own on append.
#pragma once

namespace shm::os {

/// For writers, once per process. False: not to be had here (old kernel, seccomp); the writer must fence
/// itself.
[[nodiscard]] bool register_for_barrier() noexcept;

/// For sleepers. False: not to be had here; the sleeper must not rely on being woken.
[[nodiscard]] bool barrier() noexcept;

}  // namespace shm::os
