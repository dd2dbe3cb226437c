// SPDX-License-Identifier: Apache-2.0
#include "shm/base/interrupt.hpp"

#include "os/futex.hpp"

namespace shm {

void Interrupt::trigger() noexcept {
  // Release: pairs with the acquire in triggered() and reset(). A thread that sees it triggered sees all
  // earlier stores of this thread. The futex syscall compares the word itself, so no wake is lost.
  word_.store(1, std::memory_order_release);
  os::futex_wake_all(word_);
}

}  // namespace shm
