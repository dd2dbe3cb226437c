#include "os/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace shm::os {
namespace {

// steady_clock is CLOCK_MONOTONIC; its epoch is the kernel's.
::timespec absolute(std::chrono::steady_clock::time_point until) {
  const auto ns = std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::nanoseconds>(until.time_since_epoch()).count());
  return {static_cast<::time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

}  // namespace

void futex_wait(const FutexWord& word, std::uint32_t expected,
                std::chrono::steady_clock::time_point until) noexcept {
  const ::timespec time = absolute(until);
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &time, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wait_either(const FutexWord& first, std::uint32_t expected_first, const FutexWord& second,
                       std::uint32_t expected_second, std::chrono::steady_clock::time_point until) noexcept {
  std::array<::futex_waitv, 2> words{};
  words[0].val = expected_first;
  words[0].uaddr = reinterpret_cast<std::uintptr_t>(&first);
  words[0].flags = FUTEX_32;  // shared between processes
  words[1].val = expected_second;
  words[1].uaddr = reinterpret_cast<std::uintptr_t>(&second);
  words[1].flags = FUTEX_32;
  ::timespec time = absolute(until);
  const long result = ::syscall(SYS_futex_waitv, words.data(), words.size(), 0, &time, CLOCK_MONOTONIC);
  if (result < 0 && (errno == ENOSYS || errno == EPERM)) {
    using namespace std::chrono;
    futex_wait(first, expected_first, std::min(until, steady_clock::now() + milliseconds(10)));
  }
}

void futex_wake_all(const FutexWord& word) noexcept {
  const int error = errno;
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  errno = error;
}

}  // namespace shm::os
