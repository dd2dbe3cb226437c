// SPDX-License-Identifier: Apache-2.0

// No file of this process grows beyond a limit, whatever sizes an input asks for: creating a stream that is
// larger fails, as it does where shared memory is full.
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
    std::signal(SIGXFSZ, SIG_IGN);  // EFBIG instead
    return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }();
}

}  // namespace shm::fuzz
