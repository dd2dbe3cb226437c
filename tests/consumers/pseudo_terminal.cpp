// SPDX-License-Identifier: Apache-2.0
#include "pseudo_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "support/process.hpp"

namespace shm::test {

OnTerminal::OnTerminal(const std::vector<std::string>& argv, Size size, const std::string& out_file) {
  struct ::winsize window {
    size.rows, size.columns, 0, 0
  };
  if (::openpty(&terminal_, &near_, nullptr, nullptr, &window) != 0) throw std::runtime_error("no terminal");
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::setsid();
    ::ioctl(near_, TIOCSCTTY, 0);
    const int out = out_file.empty() ? near_ : ::open(out_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(near_, 0);
    ::dup2(out, 1);
    ::dup2(near_, 2);
    ::close(terminal_);
    ::close(near_);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
}

OnTerminal::~OnTerminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(near_);
  ::close(terminal_);
}

const std::string& OnTerminal::shown() {
  std::array<char, 4096> piece;
  for (;;) {
    ::pollfd output{terminal_, POLLIN, 0};
    if (::poll(&output, 1, 0) <= 0 || (output.revents & POLLIN) == 0) return shown_;
    const ssize_t got = ::read(terminal_, piece.data(), piece.size());
    if (got <= 0) return shown_;
    shown_.append(piece.data(), static_cast<std::size_t>(got));
  }
}

void OnTerminal::press(const std::string& keys) const {
  if (::write(terminal_, keys.data(), keys.size()) < 0) throw std::runtime_error("nobody at the terminal");
}

void OnTerminal::resize(Size size) const {
  struct ::winsize window {
    size.rows, size.columns, 0, 0
  };
  ::ioctl(terminal_, TIOCSWINSZ, &window);
}

void OnTerminal::signal(int number) const { ::kill(pid_, number); }

bool OnTerminal::is_as_before() const {
  ::termios now{};
  return ::tcgetattr(near_, &now) == 0 && (now.c_lflag & ICANON) != 0 && (now.c_lflag & ECHO) != 0;
}

int OnTerminal::wait() {
  int status = 0;
  // The output is read meanwhile: a full terminal would block the program.
  const bool ended = eventually([&] {
    shown();
    return ::waitpid(pid_, &status, WNOHANG) == pid_;
  });
  if (!ended) return -1;
  pid_ = -1;
  shown();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace shm::test
