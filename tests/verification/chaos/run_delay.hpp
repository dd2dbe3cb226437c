// SPDX-License-Identifier: Apache-2.0

// The time for which this thread was ready to run but did not get a processor. It is subtracted before a wake counts
// as late on a busy machine.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace shm::chaos {

class RunDelay {
 public:
  [[nodiscard]] static const RunDelay& of_this_thread() {
    static thread_local const RunDelay delay;
    return delay;
  }
  ~RunDelay() {
    if (fd_ >= 0) ::close(fd_);
  }
  RunDelay(const RunDelay&) = delete;
  RunDelay& operator=(const RunDelay&) = delete;

  /// Since the thread began; 0 where the kernel does not count it.
  [[nodiscard]] std::int64_t ns() const {
    char text[96];
    const ::ssize_t bytes = fd_ < 0 ? 0 : ::pread(fd_, text, sizeof text - 1, 0);
    if (bytes <= 0) return 0;
    text[bytes] = '\0';
    long long delay = 0;
    return std::sscanf(text, "%*s %lld", &delay) == 1 ? delay : 0;
  }

 private:
  RunDelay() : fd_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  int fd_;
};

}  // namespace shm::chaos
