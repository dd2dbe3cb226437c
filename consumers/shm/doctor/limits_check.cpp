// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/doctor/limits_check.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "common/text.hpp"

namespace shm::programs {
namespace {

constexpr std::uint64_t enough_locked = std::uint64_t{64} << 20;  // for a daemon with some streams

constexpr const char* raise_limits =
    "/etc/security/limits.d/audio.conf: `@audio - rtprio 95` and `@audio - memlock unlimited`, be of that "
    "group "
    "(usermod -aG audio USER), log in again; of a service: LimitRTPRIO=95, LimitMEMLOCK=infinity; of a "
    "container: "
    "--ulimit rtprio=95 --ulimit memlock=-1 --cap-add SYS_NICE";

}  // namespace

bool may_lock_beyond(::rlim_t limit) noexcept {
  if (limit == RLIM_INFINITY) return true;
  constexpr ::rlim_t largest = ::rlim_t{1} << 30;
  if (limit >= largest) return false;  // not worth that much memory
  // Without MLOCK_ONFAULT, the kernel would allocate the whole mapping.
  const std::size_t bytes = static_cast<std::size_t>(limit) + 4096;
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  const bool works = ::mlock2(memory, bytes, MLOCK_ONFAULT) == 0;
  ::munmap(memory, bytes);
  return works;
}

Finding locked_memory_finding(::rlim_t limit, bool may_lock_beyond) {
  constexpr const char* check = "locked memory";
  if (limit == RLIM_INFINITY || may_lock_beyond) return Finding::ok(check, "unlimited");
  const std::string text = bytes_text(limit) + " at most";
  if (limit >= enough_locked) return Finding::ok(check, text);
  return Finding::warning(check, text + ": a capture daemon with more than that may meet page faults",
                          raise_limits);
}

int try_realtime(int priority) {
  int error = 0;
  std::thread trial([&] {
    ::sched_param param{};
    param.sched_priority = priority;
    error = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &param);
  });
  trial.join();
  return error;
}

Finding realtime_finding(int error, int priority, ::rlim_t limit) {
  constexpr const char* check = "real-time";
  if (error == 0) return Finding::ok(check, fmt::format("SCHED_FIFO {} works", priority));
  const std::string text =
      fmt::format("SCHED_FIFO {} is refused ({}): under load a capture daemon may come too late", priority,
                  std::strerror(error));
  if (limit >= static_cast<::rlim_t>(priority)) {
    // The limit does not prevent it: groups of processes have shares of real time of their own.
    return Finding::warning(check, text + fmt::format(", although the limit is {}", limit),
                            "with CONFIG_RT_GROUP_SCHED: give the control group time (cpu.rt_runtime_us), or "
                            "sysctl kernel.sched_rt_runtime_us=-1; a container: --cap-add SYS_NICE");
  }
  return Finding::warning(check, text, raise_limits);
}

Finding nice_finding(::rlim_t limit, bool may_realtime) {
  constexpr const char* check = "nice";
  const int lowest = limit == RLIM_INFINITY ? -20 : 20 - static_cast<int>(std::min<::rlim_t>(limit, 40));
  if (may_realtime) return Finding::ok(check, "any");
  // Not a warning: programs with deadlines need real time, which is checked above.
  return Finding::ok(check, lowest < 0 ? fmt::format("down to {}", lowest) : "0 and above");
}

}  // namespace shm::programs
