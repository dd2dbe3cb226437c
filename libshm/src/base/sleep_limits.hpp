// SPDX-License-Identifier: Apache-2.0

// Every sleep for items is bounded, so that a lost writer is noticed. A reader that cannot ask for a wake polls,
// in much shorter sleeps.
#pragma once

#include <chrono>

namespace shm {

inline constexpr std::chrono::milliseconds longest_sleep{100};
inline constexpr std::chrono::milliseconds longest_unasked_sleep{1};

}  // namespace shm
