// SPDX-License-Identifier: Apache-2.0
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

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// steady_clock is CLOCK_MONOTONIC; its epoch is the kernel's.
::timespec absolute(std::chrono::steady_clock::time_point until) {
  const auto ns = std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::nanoseconds>(until.time_since_epoch()).count());
  return {static_cast<::time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

/// False: the kernel does not have the call. REQUIRES: no more than most_futex_words.
bool wait_on(std::span<const FutexWait> words, steady_clock::time_point until) noexcept {
  static_assert(most_futex_words == FUTEX_WAITV_MAX);
  std::array<::futex_waitv, most_futex_words> waits;  // not cleared: few are used as a rule
  for (std::size_t i = 0; i < words.size(); ++i) {
    waits[i] = {.val = words[i].expected,
                .uaddr = reinterpret_cast<std::uintptr_t>(words[i].word),
                .flags = FUTEX_32,  // shared between processes
                .__reserved = 0};
  }
  ::timespec time = absolute(until);
  const long result = ::syscall(SYS_futex_waitv, waits.data(), words.size(), 0, &time, CLOCK_MONOTONIC);
  return result >= 0 || (errno != ENOSYS && errno != EPERM);
}

}  // namespace

void futex_wait(const FutexWord& word, std::uint32_t expected, std::chrono::steady_clock::time_point until,
                const Interrupt* interrupt) noexcept {
  if (interrupt != nullptr) {
    const std::array<FutexWait, 2> words{{{&word, expected}, {&interrupt->word(), 0}}};
    if (wait_on(words, until)) return;
    until = std::min(until, steady_clock::now() + 10ms);
  }
  const ::timespec time = absolute(until);
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &time, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wait_any(std::span<const FutexWait> words, std::chrono::steady_clock::time_point until) noexcept {
  const FutexWait& first = words.front();
  if (words.size() == 1) return futex_wait(*first.word, first.expected, until);
  const bool too_many = words.size() > most_futex_words;
  if (too_many) until = std::min(until, steady_clock::now() + 1ms);
  if (!wait_on(words.first(std::min(words.size(), most_futex_words)), until)) {
    futex_wait(*first.word, first.expected, std::min(until, steady_clock::now() + 1ms));
  }
}

bool can_wait_on_many() noexcept {
  // Without words: if the kernel has the call, the error is another one.
  return ::syscall(SYS_futex_waitv, nullptr, 0, 0, nullptr, 0) >= 0 || (errno != ENOSYS && errno != EPERM);
}

void futex_wake_all(const FutexWord& word) noexcept {
  const int error = errno;
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  errno = error;
}

}  // namespace shm::os
