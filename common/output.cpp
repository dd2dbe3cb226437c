// SPDX-License-Identifier: Apache-2.0
#include "common/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "common/program.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {

void Output::write_all(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd_, data, size);
    if (written >= 0) {
      data += written;
      size -= static_cast<std::size_t>(written);
      written_ += static_cast<std::uint64_t>(written);
      continue;
    }
    const int error = errno;
    if (error == EINTR && !stop_interrupt().triggered()) continue;
    if (error == EINTR || error == EPIPE) throw OutputClosed();
    throw shm::SystemError(error, std::string("stdout: cannot write: ") + std::strerror(error));
  }
}

void Output::flush() {
  // Removed from the buffer first: bytes that could not be written are not tried again.
  const Buffer text = std::move(buffer_);
  buffer_ = Buffer();
  write_all(text.data(), text.size());
}

void Output::write(std::span<const std::byte> bytes) {
  flush();
  write_all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace shm::programs
