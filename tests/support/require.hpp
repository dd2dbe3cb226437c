// SPDX-License-Identifier: Apache-2.0

// Checks in child processes, where GoogleTest's assertions do not count: what fails is printed, and the exit
// code says so.
#pragma once

#include <cstdio>

/// The first check that fails is printed, and makes the child's exit code 1.
#define SHM_REQUIRE(condition)                                           \
  if (!(condition)) {                                                    \
    std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
    return 1;                                                            \
  }

namespace shm::test {

/// The exit code of a child that may not set up what it was to check: the test is skipped.
inline constexpr int not_permitted = 77;

}  // namespace shm::test
