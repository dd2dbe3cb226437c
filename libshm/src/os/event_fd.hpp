// SPDX-License-Identifier: Apache-2.0

// A file descriptor that is readable, or not, as we say: for poll, epoll, select.
#pragma once

namespace shm::os {

class EventFd {
 public:
  /// Not readable, closed on exec. @throws SystemError.
  EventFd();
  ~EventFd();
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Makes it readable. From any thread, as is all here; errno stays.
  void set() const noexcept;
  /// Makes it not readable.
  void clear() const noexcept;

 private:
  int fd_;
};

}  // namespace shm::os
