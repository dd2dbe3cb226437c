// SPDX-License-Identifier: Apache-2.0

// A thread that sleeps for another: on the bells of as many streams as one futex_waitv takes.
//
//   again and again:   listen to every bell         (acquire: what is expected of it)
//                      heard()                      the user's: tell who waits
//                      futex-wait for any bell that is not as expected
//
// Every bell is listened to before heard(), so that who is told by it, and then listens, hears as much or
// more: a ring that comes after that finds this thread on its way around once more, or wakes it. Hence no
// wake is lost between the two; where it is used (wake_thread_pool.hpp, ready_fd.cpp) the rest of the argument
// stands.
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

/// add(), remove() and nudge() from any thread. Nothing of it may be called in a child that was forked with
/// it, except the destructor, which there leaves everything as it is.
class WakeThread {
 public:
  using Clock = Deadline::Clock;
  /// The last word is for nudges.
  static constexpr std::size_t most = os::most_futex_words - 1;

  /// `heard` is called on the thread, and says how long it may sleep. It must not call anything here.
  /// @throws std::system_error  no thread is to be had.
  explicit WakeThread(std::function<Clock::time_point()> heard);
  /// Stops the thread, and waits for it.
  ~WakeThread();
  WakeThread(const WakeThread&) = delete;
  WakeThread& operator=(const WakeThread&) = delete;

  /// Keeps the stream mapped as long as it listens to it. False: it listens to `most` already.
  [[nodiscard]] bool add(Shared<const storage::AttachedStream> stream);
  /// Once less; false: it does not listen to that one. The thread lets go of it a moment later.
  bool remove(const storage::AttachedStream& stream);
  /// Has it go around once more: heard() is called soon.
  void nudge() noexcept;

 private:
  void run();
  void remember_words();

  std::function<Clock::time_point()> heard_;
  ::pid_t process_;
  std::mutex mutex_;
  std::vector<Shared<const storage::AttachedStream>> streams_;  // under mutex_
  bool over_ = false;                                           // under mutex_
  os::FutexWord nudges_{0};
  // The thread's own.
  std::vector<Shared<const storage::AttachedStream>> listened_to_;
  std::vector<os::FutexWait> words_;
  std::thread thread_;
};

}  // namespace shm
