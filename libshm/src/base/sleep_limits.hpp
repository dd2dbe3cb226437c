// SPDX-License-Identifier: Apache-2.0

// Every sleep for items is bounded, so that a lost writer is noticed; without a way to ask for being woken it
// is a poll.
#pragma once

#include <chrono>

namespace shm {

inline constexpr std::chrono::milliseconds longest_sleep{100};
inline constexpr std::chrono::milliseconds longest_unasked_sleep{1};

}  // namespace shm
