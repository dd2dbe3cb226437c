// SPDX-License-Identifier: Apache-2.0
#include "os/membarrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace shm::os {

bool register_for_barrier() noexcept {
  // LIBSHM_NO_MEMBARRIER makes the fallback testable on a kernel that has the call.
  if (std::getenv("LIBSHM_NO_MEMBARRIER") != nullptr) return false;
  // Registration is of the whole process and is not inherited by fork: ask each time, it is cheap.
  return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool barrier() noexcept { return ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0; }

}  // namespace shm::os
