// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/top/screen.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "common/program.hpp"

namespace shm::programs {

Screen::Screen(Output& out) : out_(&out), drawn_(size()) {
  has_keys_ = ::tcgetattr(0, &before_) == 0;
  if (has_keys_) {
    ::termios keys = before_;
    keys.c_lflag &= ~static_cast<::tcflag_t>(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;  // a shell's prompt would come onto this screen
    has_keys_ = ::tcsetattr(0, TCSANOW, &keys) == 0;
  }
  out_->append("\x1b[?1049h\x1b[?25l");  // the other screen, no cursor
}

Screen::~Screen() {
  if (has_keys_) ::tcsetattr(0, TCSANOW, &before_);
  try {
    out_->append("\x1b[?25h\x1b[?1049l");
    out_->flush();
  } catch (const std::exception&) {  // the terminal is gone
  }
}

void Screen::draw(const std::vector<std::string>& lines) {
  drawn_ = size();
  out_->append("\x1b[H");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out_->append("\n");
    out_->append(lines[i] + "\x1b[K");
  }
  out_->append("\x1b[J");
  out_->flush();
}

Screen::Event Screen::wait(std::chrono::steady_clock::time_point until) {
  using std::chrono::milliseconds;
  while (!stop_interrupt().triggered()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    const TerminalSize is = size();
    if (is.columns != drawn_.columns || is.rows != drawn_.rows) return {0, true};
    // A signal may come just before the wait, and the terminal's size is polled: so waits are short.
    const auto patience = std::min<std::chrono::nanoseconds>(until - now, milliseconds(100));
    ::pollfd input{has_keys_ ? 0 : -1, POLLIN, 0};
    const int ready = ::poll(&input, 1, static_cast<int>(std::chrono::ceil<milliseconds>(patience).count()));
    if (ready <= 0 || input.revents == 0) continue;
    char key = 0;
    if (::read(0, &key, 1) == 1) return {key, false};
    has_keys_ = false;  // no more will come
  }
  return {};
}

}  // namespace shm::programs
