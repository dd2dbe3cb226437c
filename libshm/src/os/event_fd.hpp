// SPDX-License-Identifier: Apache-2.0

// A file descriptor that this process makes readable and unreadable, for poll, epoll and select.
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
  /// Makes it readable. Any thread may call it; errno does not change.
  void set() const noexcept;
  /// Makes it unreadable. Any thread may call it; errno does not change.
  void clear() const noexcept;

 private:
  int fd_;
};

}  // namespace shm::os
