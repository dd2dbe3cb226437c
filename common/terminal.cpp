// SPDX-License-Identifier: Apache-2.0
#include "common/terminal.hpp"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace shm::programs {
namespace {

StatusLine* line_on_screen = nullptr;

}  // namespace

bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

bool is_file(int fd) noexcept {
  struct ::stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

TerminalSize terminal_size(int fd) noexcept {
  struct winsize size {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row == 0 ? 24U : size.ws_row};
}

StatusLine::StatusLine() : shown_(is_terminal(2)) {}

void StatusLine::show(const std::string& text) {
  if (!shown_) return;
  const std::string line = "\r\x1b[K" + text.substr(0, terminal_size(2).columns - 1);
  std::fwrite(line.data(), 1, line.size(), stderr);
  dirty_ = true;
  line_on_screen = this;
}

void StatusLine::clear() {
  if (dirty_) std::fputs("\r\x1b[K", stderr);
  dirty_ = false;
  if (line_on_screen == this) line_on_screen = nullptr;
}

void clear_status_line() {
  if (line_on_screen != nullptr) line_on_screen->clear();
}

}  // namespace shm::programs
