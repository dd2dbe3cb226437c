// SPDX-License-Identifier: Apache-2.0

// A program under test on a terminal: its output, keys that are pressed, changes of size.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace shm::test {

class OnTerminal {
 public:
  struct Size {
    unsigned short rows = 24;
    unsigned short columns = 80;
  };
  /// Starts it with all three streams on the terminal, or stdout in a file.
  explicit OnTerminal(const std::vector<std::string>& argv, Size size, const std::string& out_file = {});
  explicit OnTerminal(const std::vector<std::string>& argv) : OnTerminal(argv, Size()) {}
  ~OnTerminal();
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  /// All that was shown so far, escape sequences and all.
  const std::string& shown();
  [[nodiscard]] bool has_shown(const std::string& text) { return shown().find(text) != std::string::npos; }
  void press(const std::string& keys) const;
  void resize(Size size) const;
  void signal(int number) const;
  /// Does the terminal give lines, and echo them, as before a program changed it?
  [[nodiscard]] bool is_as_before() const;
  /// Waits for the end. The exit code; -1: it did not end in time, or was killed.
  int wait();

 private:
  pid_t pid_ = -1;
  int terminal_ = -1;  // the far end of it
  int near_ = -1;      // kept open, so that the terminal outlives the program
  std::string shown_;
};

}  // namespace shm::test
