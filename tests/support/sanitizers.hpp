// SPDX-License-Identifier: Apache-2.0

// Which sanitizer the tests were built with: long loops are shortened under one.
#pragma once

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

/// `turns` of a loop, or a tenth of them where each takes ten times as long.
[[nodiscard]] constexpr int turns(int count) {
  return with_address_sanitizer || with_thread_sanitizer ? (count + 9) / 10 : count;
}

}  // namespace shm::test
