// SPDX-License-Identifier: Apache-2.0

// The whole terminal, drawn in place on its alternate screen; the previous contents come back at the end.
// Keys come one by one.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

#include "common/output.hpp"
#include "common/terminal.hpp"

namespace shm::programs {

class Screen {
 public:
  explicit Screen(Output& out);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] static TerminalSize size() noexcept { return terminal_size(1); }
  /// Lines that are shorter than the screen is wide, and no more than it has: see size().
  void draw(const std::vector<std::string>& lines);

  /// The event that ended the wait.
  struct Event {
    char key = 0;  ///< 0: no key
    bool resized = false;
  };
  /// Waits for a key, for another size, for a stop signal, or for the time.
  [[nodiscard]] Event wait(std::chrono::steady_clock::time_point until);

 private:
  Output* out_;
  ::termios before_{};
  bool has_keys_ = false;  // stdin is a terminal too, and was set to give them
  TerminalSize drawn_;
};

}  // namespace shm::programs
