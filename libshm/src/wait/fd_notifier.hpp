// SPDX-License-Identifier: Apache-2.0

// The threads that make descriptors readable (shm/wait/ready_fd.hpp) while no thread of the user waits.
//
//   arming (the user's thread):     all under the signal's mutex:
//                                   armed = true; read the wake word, ask; one membarrier; look     (ring/wake.hpp)
//
//   notifier thread:                read all wake words                                (wake_thread.hpp)
//                                   for each stream whose signal is armed, under its mutex:   look, else read, ask
//                                   one membarrier; look again
//                                   futex-wait on the wake words
//
// No wake is lost. If the notifier's turn at a stream comes after the arming, then it looks and asks itself, as every
// sleeper does. If it came before, then the user's thread read the wake word after the notifier did, and so the same
// value or a later one. Thus the notifier has not seen the wake that serves or withdraws the user's request: it does
// not fall asleep, or is woken, and its next turn comes after the arming.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "os/event_fd.hpp"
#include "shm/base/owned.hpp"
#include "storage/control_file.hpp"
#include "stream/wait_target.hpp"
#include "wait/wake_thread.hpp"

namespace shm {

/// A signal that makes a descriptor readable, once each time it is armed.
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

/// A stream with a descriptor: mapped, with a control file of its own.
class NotifiedStream {
 public:
  NotifiedStream(const detail::Waitable& reader, std::shared_ptr<FdSignal> signal);

  [[nodiscard]] FdSignal& signal() const noexcept { return *signal_; }
  [[nodiscard]] const Shared<const storage::AttachedStream>& stream() const noexcept { return stream_; }

  // --- all that follows REQUIRES that the signal's mutex is held ---
  [[nodiscard]] const detail::WaitTarget& target() const noexcept { return target_; }
  void want(Index count) noexcept { target_.count = count; }
  /// Returns the stream's status without a system call. Once the kernel has reported that the writer is gone, each
  /// call asks the kernel. @throws SystemError.
  [[nodiscard]] Status look();
  /// Asks the kernel whether the writer lives. @throws SystemError; so does look() from then on.
  [[nodiscard]] Status look_at_writer();

 private:
  void find_control() noexcept;

  Shared<const storage::AttachedStream> stream_;
  std::optional<storage::ControlFile> control_;
  detail::WaitTarget target_;
  std::shared_ptr<FdSignal> signal_;
  bool writer_is_gone_ = true;  // or the kernel was not asked yet
};

/// One helper thread and the streams that it watches. From any thread.
class NotifierThread {
 public:
  using Clock = Deadline::Clock;
  /// @throws std::system_error  no thread could be started.
  NotifierThread();

  /// False: it has as many as it can watch.
  [[nodiscard]] bool add(const std::shared_ptr<NotifiedStream>& stream);
  /// Afterwards it raises the stream's signal no more.
  void remove(const NotifiedStream& stream);
  void nudge() noexcept { wake_thread_.nudge(); }

 private:
  [[nodiscard]] Clock::time_point take_turn();
  [[nodiscard]] static bool raise_if_ready(NotifiedStream& stream, bool look_at_writer) noexcept;

  std::mutex mutex_;
  std::vector<std::shared_ptr<NotifiedStream>> streams_;  // under mutex_
  detail::WakeRequestRound requests_;
  Clock::time_point look_at_writers_at_{};
  WakeThread wake_thread_;  // constructed last, destroyed first
};

/// The notifier threads of this process: there as long as there is a descriptor. From any thread.
class FdNotifier {
 public:
  [[nodiscard]] static std::shared_ptr<FdNotifier> of_this_process();

  /// Is it this process's? Not in a forked child, which has the object but not the threads.
  [[nodiscard]] bool is_here() const noexcept;
  /// Returns the thread that watches the stream from now on. @throws std::system_error  no thread could be started.
  [[nodiscard]] NotifierThread& add(const std::shared_ptr<NotifiedStream>& stream);

  FdNotifier();

 private:
  ::pid_t process_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<NotifierThread>> threads_;  // under mutex_
};

}  // namespace shm
