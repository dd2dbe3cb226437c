// SPDX-License-Identifier: Apache-2.0
#include "os/event_fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "os/system_error.hpp"

namespace shm::os {

EventFd::EventFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw_system_error(errno, "eventfd", "make one");
}

EventFd::~EventFd() { ::close(fd_); }

void EventFd::set() const noexcept {
  const int error = errno;
  const std::uint64_t one = 1;
  static_cast<void>(::write(fd_, &one, sizeof one) == sizeof one);  // it cannot be full: clear() empties it
  errno = error;
}

void EventFd::clear() const noexcept {
  const int error = errno;
  std::uint64_t all = 0;
  static_cast<void>(::read(fd_, &all, sizeof all) == sizeof all);  // EAGAIN: it was clear
  errno = error;
}

}  // namespace shm::os
