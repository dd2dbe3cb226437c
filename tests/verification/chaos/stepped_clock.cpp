// SPDX-License-Identifier: Apache-2.0
#include "stepped_clock.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace shm::chaos {
namespace {

using ClockGettime = int (*)(::clockid_t, ::timespec*);
constexpr std::int64_t second = 1'000'000'000;

std::atomic<const std::atomic<std::int64_t>*> realtime_offset{nullptr};
std::int64_t monotonic_offset = 0;

}  // namespace

bool enter_time_namespace(std::int64_t offset_ns) noexcept {
  if (::unshare(CLONE_NEWTIME) != 0) return false;
  const long long seconds = offset_ns / second;
  char text[128];
  const int bytes = std::snprintf(text, sizeof text, "monotonic %lld 0\nboottime %lld 0\n", seconds, seconds);
  const int offsets = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  const bool written = offsets >= 0 && ::write(offsets, text, static_cast<std::size_t>(bytes)) == bytes;
  if (offsets >= 0) ::close(offsets);
  if (!written) return false;
  const int space = ::open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
  const bool entered = space >= 0 && ::setns(space, CLONE_NEWTIME) == 0;
  if (space >= 0) ::close(space);
  return entered;
}

void step_realtime_by(const void* offset_word) noexcept {
  realtime_offset.store(static_cast<const std::atomic<std::int64_t>*>(offset_word),
                        std::memory_order_release);
}

void set_monotonic_offset(std::int64_t offset_ns) noexcept { monotonic_offset = offset_ns; }

std::int64_t true_now() noexcept {
  ::timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * second + time.tv_nsec - monotonic_offset;
}

}  // namespace shm::chaos

// Replaces the C library's function, for this program and the libraries that it loads.
extern "C" int clock_gettime(::clockid_t clock, ::timespec* time) noexcept {
  static std::atomic<shm::chaos::ClockGettime> system{nullptr};
  shm::chaos::ClockGettime call = system.load(std::memory_order_relaxed);
  if (call == nullptr) {
    call = reinterpret_cast<shm::chaos::ClockGettime>(::dlsym(RTLD_NEXT, "clock_gettime"));
    system.store(call, std::memory_order_relaxed);
  }
  const int result = call(clock, time);
  if (result != 0 || clock != CLOCK_REALTIME) return result;
  if (const auto* offset = shm::chaos::realtime_offset.load(std::memory_order_acquire)) {
    time->tv_sec += offset->load(std::memory_order_relaxed) / shm::chaos::second;  // whole seconds
  }
  return result;
}
