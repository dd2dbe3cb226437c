// SPDX-License-Identifier: Apache-2.0
#include "support/pinning.hpp"

#include <sched.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace shm::bench {

void pin_to(int processor) {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(processor), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "pin to a processor");
  }
}

Processors two_processors() {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) {
    throw std::system_error(errno, std::generic_category(), "ask for the processors");
  }
  int first = -1;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(static_cast<unsigned>(i), &set)) continue;
    if (first >= 0) return {first, i};
    first = i;
  }
  throw std::runtime_error("two processes that spin need two processors; here is one");
}

}  // namespace shm::bench
