// SPDX-License-Identifier: Apache-2.0

// Numbers in files, read and written without the library, as another program or a damaged disk would.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace shm::test {

template <class Number>
[[nodiscard]] Number peek_file(const std::filesystem::path& path, std::uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<Number>);
  Number number{};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool whole = ::pread(fd, &number, sizeof number, static_cast<::off_t>(offset)) ==
                     static_cast<::ssize_t>(sizeof number);
  ::close(fd);
  if (!whole) throw std::runtime_error("cannot read " + path.string() + " at " + std::to_string(offset));
  return number;
}

template <class Number>
void poke_file(const std::filesystem::path& path, std::uint64_t offset, const Number& number) {
  static_assert(std::is_trivially_copyable_v<Number>);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool whole = ::pwrite(fd, &number, sizeof number, static_cast<::off_t>(offset)) ==
                     static_cast<::ssize_t>(sizeof number);
  ::close(fd);
  if (!whole) throw std::runtime_error("cannot write " + path.string() + " at " + std::to_string(offset));
}

}  // namespace shm::test
