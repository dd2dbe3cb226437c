// SPDX-License-Identifier: Apache-2.0

// A thread that sleeps for another one, on the wake words of as many streams as one futex_waitv takes.
//
//   in a loop:   read every wake word      (acquire; ring::load_wake_word)
//                on_wake()                 the owner's function, which passes the wake on
//                futex-wait until one of the words has another value than the one read
//
// Every wake word is read before on_wake(). So a thread that on_wake() woke, and that reads the wake words then, sees
// the same wakes or more. A wake that comes after that finds this thread before its next turn, or wakes it. Hence no
// wake is lost between the two threads. The rest of the argument is in the files that use this class
// (wake_thread_pool.hpp, fd_notifier.hpp).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "os/futex.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/owned.hpp"
#include "storage/attached_stream.hpp"

namespace shm {

/// add(), remove() and nudge() may be called from any thread. In a forked child, which has the object but not the
/// thread, only the destructor may be called; it leaves everything as it is there.
class WakeThread {
 public:
  using Clock = Deadline::Clock;
  /// The last futex word is for nudges.
  static constexpr std::size_t most = os::most_futex_words - 1;

  /// `on_wake` is called on the thread, and returns until when it may sleep. It must not call anything here.
  /// @throws std::system_error  no thread could be started.
  explicit WakeThread(std::function<Clock::time_point()> on_wake);
  /// Stops the thread, and waits for it.
  ~WakeThread();
  WakeThread(const WakeThread&) = delete;
  WakeThread& operator=(const WakeThread&) = delete;

  /// Sleeps on this stream's wake word, too, and keeps the stream mapped. Returns false if it has `most` already.
  [[nodiscard]] bool add(Shared<const storage::AttachedStream> stream);
  /// Undoes one add() of the stream; returns false if there was none. The thread unmaps the stream a moment later.
  bool remove(const storage::AttachedStream& stream);
  /// Makes the thread take one more turn: on_wake() is called soon.
  void nudge() noexcept;

 private:
  void run();
  void remember_words();

  std::function<Clock::time_point()> on_wake_;
  ::pid_t process_;
  std::mutex mutex_;
  std::vector<Shared<const storage::AttachedStream>> streams_;  // under mutex_
  bool is_stopping_ = false;                                    // under mutex_
  os::FutexWord nudges_{0};
  // Used by the thread alone.
  std::vector<Shared<const storage::AttachedStream>> sleeping_on_;
  std::vector<os::FutexWait> words_;
  std::thread thread_;
};

}  // namespace shm
