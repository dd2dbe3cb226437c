// SPDX-License-Identifier: Apache-2.0

// Who keeps watch while nobody waits: the helper threads that make descriptors readable (shm/wait/ready_fd.hpp).
//
//   who arms (the user's thread):   all under the alarm's mutex:
//                                   armed = true; listen, ask; one membarrier; look    (ring/wake.hpp)
//
//   guard (the helper's thread):    listen to all bells                                (wake_thread.hpp)
//                                   of each whose alarm is armed, under its mutex:     look, else listen, ask
//                                   one membarrier; look again
//                                   futex-wait on the bells
//
// No wake is lost. If the guard's turn at a stream comes after the arming, it looks and asks itself, as
// everybody who sleeps does. If it came before, the user's thread listened after the guard did, to the same
// bell or a later ring; so a ring that answers its request, or withdraws it, is one that the guard did not
// hear: it does not fall asleep, or is woken, and its next turn comes after the arming.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "os/event_fd.hpp"
#include "shm/base/owned.hpp"
#include "storage/control_file.hpp"
#include "wait/wait_target.hpp"
#include "wait/wake_thread.hpp"

namespace shm {

/// What makes a descriptor readable, once each time it is armed.
struct FdSignal {
  os::EventFd event;
  std::mutex mutex;
  bool armed = false;  // under mutex

  /// REQUIRES: the mutex is held.
  void raise() noexcept {
    armed = false;
    event.set();
  }
};

/// A stream that somebody has a descriptor for: mapped, with a control file of its own.
class WatchedStream {
 public:
  /// `stream` must be what `awaited` is of.
  WatchedStream(Shared<const storage::AttachedStream> stream, const WaitTarget& awaited,
                std::shared_ptr<FdSignal> alarm);

  [[nodiscard]] FdSignal& signal() const noexcept { return *signal_; }
  [[nodiscard]] const Shared<const storage::AttachedStream>& stream() const noexcept { return stream_; }

  // --- all that follows REQUIRES the alarm's mutex ---
  [[nodiscard]] const WaitTarget& awaited() const noexcept { return awaited_; }
  void want(Index count) noexcept { awaited_.count = count; }
  /// What needs no system call to be known; and what the kernel is_ready, once it said that the writer is gone.
  /// @throws SystemError.
  [[nodiscard]] Status look();
  /// What the kernel says. @throws SystemError; so does look() from then on.
  [[nodiscard]] Status look_at_writer();

 private:
  void find_control() noexcept;

  Shared<const storage::AttachedStream> stream_;
  std::optional<storage::ControlFile> control_;
  WaitTarget awaited_;
  std::shared_ptr<FdSignal> signal_;
  bool writer_is_gone_ = true;  // or not known to be there
};

/// One helper thread and the streams that it watches. From any thread.
class NotifierThread {
 public:
  using Clock = Deadline::Clock;
  /// @throws std::system_error  no thread is to be had.
  NotifierThread();

  /// False: it has as many as it can watch.
  [[nodiscard]] bool add(const std::shared_ptr<WatchedStream>& stream);
  /// Afterwards it raises its alarm no more.
  void remove(const WatchedStream& stream);
  void nudge() noexcept { wake_thread_.nudge(); }

 private:
  [[nodiscard]] Clock::time_point attend();
  [[nodiscard]] static bool raised(WatchedStream& stream, bool look_at_writer) noexcept;

  std::mutex mutex_;
  std::vector<std::shared_ptr<WatchedStream>> streams_;  // under mutex_
  WakeRequests requests_;
  Clock::time_point look_at_writers_at_{};
  WakeThread wake_thread_;  // the last to come, the first to go
};

/// The guards of this process: there as long as somebody has a descriptor. From any thread.
class FdNotifier {
 public:
  [[nodiscard]] static std::shared_ptr<FdNotifier> of_this_process();

  /// Is it this process's? Not so in a child that was forked with it, where there are no threads.
  [[nodiscard]] bool is_here() const noexcept;
  /// Who watches it from now on. @throws std::system_error  no thread is to be had.
  [[nodiscard]] NotifierThread& add(const std::shared_ptr<WatchedStream>& stream);

  FdNotifier();

 private:
  ::pid_t process_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<NotifierThread>> guards_;  // under mutex_
};

}  // namespace shm
