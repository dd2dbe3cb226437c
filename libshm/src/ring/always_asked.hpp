// SPDX-License-Identifier: Apache-2.0

// A wake_at, or room_at, that always asks: what a process looks at that no membarrier reaches. It goes the
// long way then, fences, and looks at the real one.
#pragma once

#include <cstdint>

#include "shm/layout/atomic.hpp"

namespace shm {

inline constexpr layout::Atomic<std::uint64_t> always_asked{0};

}  // namespace shm
