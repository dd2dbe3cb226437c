// SPDX-License-Identifier: Apache-2.0
#include "wait/wake_thread_pool.hpp"

#include <algorithm>

namespace shm {

void WakeThreadPool::add(const Shared<const storage::AttachedStream>& stream) {
  const bool taken = std::any_of(wake_threads_.begin(), wake_threads_.end(),
                                 [&stream](const auto& thread) { return thread->add(stream); });
  if (taken) return;
  wake_threads_.push_back(std::make_unique<WakeThread>([this] {
    // Release: pairs with the acquire of the waiter; the wake words were read before.
    wakes_.fetch_add(1, std::memory_order_release);
    os::futex_wake_all(wakes_);
    return WakeThread::Clock::time_point::max();  // the waiter bounds its own sleep
  }));
  static_cast<void>(wake_threads_.back()->add(stream));
}

void WakeThreadPool::remove(const storage::AttachedStream& stream) {
  for (const auto& thread : wake_threads_) {
    if (thread->remove(stream)) return;
  }
}

}  // namespace shm
