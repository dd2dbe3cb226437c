// SPDX-License-Identifier: Apache-2.0
#include "common/stop_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace shm::programs {
namespace {

Interrupt interrupt_by_signal;
volatile std::sig_atomic_t stop_descriptor = -1;

extern "C" void on_stop_signal(int) {
  const int error = errno;
  interrupt_by_signal.trigger();
  ::eventfd_write(stop_descriptor, 1);
  errno = error;
}

}  // namespace

Interrupt& stop_interrupt() noexcept { return interrupt_by_signal; }

StopSignal::StopSignal(SecondSignal second) {
  interrupt_by_signal.reset();
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  stop_descriptor = descriptor;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  // Without SA_RESTART: a write to a pipe that is full must not keep a program from stopping.
  action.sa_flags = second == SecondSignal::kills ? static_cast<int>(SA_RESETHAND) : 0;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

StopSignal::~StopSignal() {
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGPIPE, SIG_DFL);
  ::close(stop_descriptor);
  stop_descriptor = -1;
}

int StopSignal::descriptor() const noexcept { return stop_descriptor; }

bool StopSignal::wait_until(std::chrono::steady_clock::time_point until) const noexcept {
  while (!triggered()) {
    const auto left = std::chrono::nanoseconds(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    pollfd stop{.fd = stop_descriptor, .events = POLLIN, .revents = 0};
    ::ppoll(&stop, 1, &timeout, nullptr);
  }
  return true;
}

}  // namespace shm::programs
