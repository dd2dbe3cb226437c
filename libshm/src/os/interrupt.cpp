#include "shm/base/waiting.hpp"

#include "os/futex.hpp"

namespace shm {

void Interrupt::trigger() noexcept {
  // Release: who sees it triggered sees what was done before.
  word_.store(1, std::memory_order_release);
  os::futex_wake_all(word_);
}

}  // namespace shm
