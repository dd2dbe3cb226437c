// SPDX-License-Identifier: Apache-2.0

// The listeners of a wait set that is too large for one sleep: one thread for each 127 streams, and one word
// that the set's own thread sleeps on.
//
//   listener:       listen to its bells                                 (acquire)
//                   ++heard, futex-wake                                 (release)
//                   futex-wait on its bells
//
//   who waits:      h = heard                                           (acquire)
//                   for each stream: listen, ask; one membarrier; look  (ring/wake.hpp)
//                   futex-wait while heard is h
//
// No wake is lost: let a stream's bell ring after who waits listened to it. Its listener, which sleeps on
// what the bell was before (or not at all), comes around, listens, and counts `heard` up. That count is not
// in h: had h seen it (acquire), then what was listened to after h would be the bell after the ring, not
// before. So `heard` is no longer h, and who waits does not fall asleep, or is woken.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shm/base/owned.hpp"
#include "wait/wake_thread.hpp"

namespace shm {

/// One thread at a time, but for word().
class WakeThreadPool {
 public:
  /// @throws std::system_error  no thread is to be had.
  void add(const Shared<const storage::AttachedStream>& stream);
  void remove(const storage::AttachedStream& stream);

  /// What to sleep on: who loads it (acquire) before listening is woken by every ring after that.
  [[nodiscard]] const os::FutexWord& word() const noexcept { return heard_; }

 private:
  os::FutexWord heard_{0};
  std::vector<std::unique_ptr<WakeThread>> wake_threads_;  // the first to go
};

}  // namespace shm
