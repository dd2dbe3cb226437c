// SPDX-License-Identifier: Apache-2.0

// Checks for child processes, where GoogleTest's assertions have no effect: a failure is printed, and the child exits
// with 1.
#pragma once

#include <cstdio>

/// The first check that fails is printed, and makes the child's exit code 1.
#define SHM_REQUIRE(condition)                                           \
  if (!(condition)) {                                                    \
    std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
    return 1;                                                            \
  }

namespace shm::test {

/// The exit code of a child without the permissions that its check needs: the test is skipped.
inline constexpr int not_permitted = 77;

}  // namespace shm::test
