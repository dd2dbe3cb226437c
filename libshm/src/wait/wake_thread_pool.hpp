// SPDX-License-Identifier: Apache-2.0

// The threads of a wait set that is too large for one sleep: one thread for each 127 streams, and one word that the
// set's own thread, the waiter, sleeps on.
//
//   wake thread:    read its streams' wake words                        (acquire)
//                   ++wakes, futex-wake                                 (release)
//                   futex-wait on the wake words
//
//   waiter:         w = wakes                                           (acquire)
//                   for each stream: read its wake word, ask; one membarrier; look  (ring/wake.hpp)
//                   futex-wait while wakes is w
//
// No wake is lost: let a stream's wake word change after the waiter read it. The wake thread sleeps on the value that
// the word had before (or does not sleep), so it takes a turn, reads the word, and counts `wakes` up. That count is
// not in w: if w had contained it (acquire), then the wake word, which the waiter read after w, would already have had
// the new value. So `wakes` is no longer w, and the waiter does not fall asleep, or is woken.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shm/base/owned.hpp"
#include "wait/wake_thread.hpp"

namespace shm {

/// One thread at a time, except for word().
class WakeThreadPool {
 public:
  /// @throws std::system_error  no thread could be started.
  void add(const Shared<const storage::AttachedStream>& stream);
  void remove(const storage::AttachedStream& stream);

  /// Returns the word that the waiter sleeps on. If the waiter loads this word (acquire) before the streams' wake
  /// words, then every wake after that ends the sleep.
  [[nodiscard]] const os::FutexWord& word() const noexcept { return wakes_; }

 private:
  os::FutexWord wakes_{0};
  std::vector<std::unique_ptr<WakeThread>> wake_threads_;  // destroyed first
};

}  // namespace shm
