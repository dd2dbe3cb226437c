// SPDX-License-Identifier: Apache-2.0

// Facts about a terminal (is a descriptor one, its size), and one line that is rewritten in place.
#pragma once

#include <string>

namespace shm::programs {

[[nodiscard]] bool is_terminal(int fd) noexcept;
[[nodiscard]] bool is_file(int fd) noexcept;  ///< a regular one

struct TerminalSize {
  unsigned columns = 80;
  unsigned rows = 24;
};
[[nodiscard]] TerminalSize terminal_size(int fd) noexcept;

/// A line at the bottom of stderr that is rewritten in place. Does nothing where stderr is no terminal.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool is_shown() const noexcept { return shown_; }
  /// Shows the text (plain ASCII), cut to the terminal's width.
  void show(const std::string& text);
  /// Removes the line, so that other output can follow.
  void clear();

 private:
  bool shown_;
  bool dirty_ = false;
};

/// Removes the line that is shown, if any. Call it before any other output on stderr.
void clear_status_line();

}  // namespace shm::programs
