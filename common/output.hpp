// SPDX-License-Identifier: Apache-2.0

// stdout, in large pieces: text is formatted into the buffer and written by flush().
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string_view>

namespace shm::programs {

/// The reader of stdout has closed it, or a stop signal came while a write waited: the program ends quietly.
class OutputClosed : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "stdout was closed"; }
};

class Output {
 public:
  using Buffer = fmt::basic_memory_buffer<char, 4096>;

  explicit Output(int fd = 1) : fd_(fd) {}

  [[nodiscard]] Buffer& buffer() noexcept { return buffer_; }
  void append(std::string_view text) { buffer_.append(text.data(), text.data() + text.size()); }

  /// Writes the contents of the buffer. @throws OutputClosed, SystemError.
  void flush();
  /// flush() once the buffer is worth a system call.
  void flush_if_large() {
    if (buffer_.size() >= std::size_t{64} << 10) flush();
  }
  /// Writes bytes as they are, after the contents of the buffer. @throws as flush().
  void write(std::span<const std::byte> bytes);
  /// The number of bytes written so far.
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  void write_all(const char* data, std::size_t size);

  int fd_;
  std::uint64_t written_ = 0;
  Buffer buffer_;
};

}  // namespace shm::programs
