// SPDX-License-Identifier: Apache-2.0

// Limits the size of the files of this process, for inputs that ask for any size. To create a larger stream fails, as
// it does if shared memory is full.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace shm::fuzz {

inline void limit_file_size() {
  constexpr ::rlim_t most = ::rlim_t{16} << 20;
  [[maybe_unused]] static const bool done = [] {
    ::rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = most;
    std::signal(SIGXFSZ, SIG_IGN);  // writes fail with EFBIG instead
    return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }();
}

}  // namespace shm::fuzz
