// SPDX-License-Identifier: Apache-2.0
#include "common/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace shm::programs {
namespace {

/// A status is one line, whatever name a device has.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return line;
}

std::chrono::microseconds watchdog_interval() {
  const char* pid = std::getenv("WATCHDOG_PID");
  if (pid != nullptr && std::strtol(pid, nullptr, 10) != ::getpid()) return {};
  const char* text = std::getenv("WATCHDOG_USEC");
  return std::chrono::microseconds(text == nullptr ? 0 : std::strtoll(text, nullptr, 10));
}

}  // namespace

Notify::Notify() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
  address_ = name;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_[0] == '@') address_[0] = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  watchdog_ = watchdog_interval();
}

Notify::~Notify() {
  if (socket_ >= 0) ::close(socket_);
}

void Notify::send(const std::string& message) const noexcept {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // A missing supervisor is no reason to fail.
  [[maybe_unused]] const ssize_t sent = ::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL,
                                                 reinterpret_cast<const sockaddr*>(&to), length);
}

void Notify::ready(std::string_view status) { send("READY=1\nSTATUS=" + one_line(status) + "\n"); }
void Notify::status(std::string_view text) { send("STATUS=" + one_line(text) + "\n"); }
void Notify::stopping() { send("STOPPING=1\n"); }

void Notify::alive() {
  if (socket_ < 0 || watchdog_.count() <= 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - fed_ < watchdog_ / 4) return;
  fed_ = now;
  send("WATCHDOG=1\n");
}

}  // namespace shm::programs
