// SPDX-License-Identifier: Apache-2.0

// Tests of hundreds of streams need more descriptors than the 1024 that a process begins with.
#pragma once

#include <sys/resource.h>

#include <cstddef>

namespace shm::test {

/// Raises the limit to what this user may have at most. False: fewer files than these may be open, so skip the test.
inline bool may_open(std::size_t files) {
  ::rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= files;
}

/// Of so many streams, a writer and a reader each: three descriptors to a handle, and some besides.
inline bool may_open_streams(std::size_t streams) { return may_open(streams * 6 + 64); }

inline constexpr const char* too_few_files = "this user may not open so many files: ulimit -Hn";

}  // namespace shm::test
