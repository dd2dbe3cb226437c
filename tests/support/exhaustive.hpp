// SPDX-License-Identifier: Apache-2.0

// How thorough a test is. `./run test` shows within minutes that the library works here. `./run verify` sets
// SHM_EXHAUSTIVE: tests that check it go through every case, or run for longer.
#pragma once

#include <cstdlib>

namespace shm::test {

inline bool exhaustive() { return std::getenv("SHM_EXHAUSTIVE") != nullptr; }

/// The first where all cases are wanted, else the second.
template <typename Number>
Number exhaustive_or(Number all, Number some) {
  return exhaustive() ? all : some;
}

}  // namespace shm::test
