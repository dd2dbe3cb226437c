// SPDX-License-Identifier: Apache-2.0

// Which sanitizer the tests were built with: long loops are shortened under one.
#pragma once

#include "support/exhaustive.hpp"

namespace shm::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool with_address_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool with_address_sanitizer = __has_feature(address_sanitizer);
#else
inline constexpr bool with_address_sanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__)
inline constexpr bool with_thread_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool with_thread_sanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool with_thread_sanitizer = false;
#endif

/// How often a loop that could go on for ever runs: `count` times in `./run verify`, a quarter of that in
/// `./run test`, and a tenth where a sanitizer makes each turn take ten times as long.
[[nodiscard]] inline int turns(int count) {
  if (with_address_sanitizer || with_thread_sanitizer) return (count + 9) / 10;
  return exhaustive() ? count : (count + 3) / 4;
}

}  // namespace shm::test
