// SPDX-License-Identifier: Apache-2.0

// systemd's readiness protocol: a datagram of "KEY=value" lines to the socket named by $NOTIFY_SOCKET.
// Without that variable no function here has an effect.
//
//   Notify notify;
//   notify.ready("waiting for a reader");
//   notify.status("capturing from hw:CARD=PCH");
//   notify.alive();                // in every turn of the loop: feeds the watchdog, if there is one
//   notify.stopping();
//
// One thread. Throws nothing: a daemon that cannot report still runs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace shm::programs {

class Notify {
 public:
  /// Reads $NOTIFY_SOCKET and $WATCHDOG_USEC.
  Notify();
  ~Notify();
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  void ready(std::string_view status);
  void status(std::string_view text);
  void alive();
  void stopping();

 private:
  void send(const std::string& message) const noexcept;

  int socket_ = -1;
  std::string address_;  // as in sockaddr_un: an abstract name begins with a zero byte
  std::chrono::microseconds watchdog_{0};
  std::chrono::steady_clock::time_point fed_{};
};

}  // namespace shm::programs
