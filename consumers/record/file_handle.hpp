// SPDX-License-Identifier: Apache-2.0

// The file of a recording: created at once or refused, and removed again if nothing was recorded.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "consumers/record/recording_file.hpp"

namespace shm::programs {

[[noreturn]] inline void throw_exists(const std::string& path) {
  throw FileError(path + ": exists already; --overwrite replaces it");
}

class FileHandle {
 public:
  FileHandle(std::string path, bool overwrite) : path_(std::move(path)) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (overwrite ? O_TRUNC : O_EXCL), 0666);
    if (fd_ >= 0) return;
    if (errno == EEXIST) throw_exists(path_);
    throw FileError(path_ + ": cannot create it: " + std::strerror(errno));
  }
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Removes the file that it created.
  void discard() noexcept { ::unlink(path_.c_str()); }
  /// Closes the file. Returns 0, or the error that the file system reported only now.
  [[nodiscard]] int close() noexcept {
    const int result = fd_ >= 0 ? ::close(std::exchange(fd_, -1)) : 0;
    return result == 0 ? 0 : errno;
  }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace shm::programs
