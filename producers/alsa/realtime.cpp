// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/realtime.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/log.hpp"

namespace shm::programs {
namespace {

/// With a limit, locking future mappings would make later ones fail: worse than a page fault.
int flags_within_limit() {
  rlimit limit{};
  const bool unlimited = ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  return unlimited ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT;
}

void touch_stack() {
  std::array<volatile char, 64 * 1024> stack;
  for (std::size_t i = 0; i < stack.size(); i += 1024) stack[i] = 0;
}

}  // namespace

void become_realtime(int priority) {
  sched_param param{};
  param.sched_priority = priority;
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) != 0) {
    log::info("not real-time ({}): overruns are possible under load; --no-realtime silences this",
              std::strerror(errno));
  }
  if (::mlockall(flags_within_limit()) != 0) {
    log::info("memory is not locked ({}): a page fault may delay capture; raise RLIMIT_MEMLOCK",
              std::strerror(errno));
  }
  touch_stack();
}

}  // namespace shm::programs
