// SPDX-License-Identifier: Apache-2.0
#include "producers/system/proc_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace shm::programs {
namespace {

// A machine with a thousand processors or ten thousand interfaces stays well below.
constexpr std::size_t largest = std::size_t{16} << 20U;
constexpr std::size_t chunk = std::size_t{64} << 10U;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::string& path) {
  throw std::runtime_error(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
}

}  // namespace

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

ProcReading read_proc_file(const std::string& path) {
  const Descriptor file(path);
  if (file.get() < 0) fail(path);
  ProcReading reading;
  for (std::size_t filled = 0;;) {
    reading.text.resize(filled + chunk);
    const ::ssize_t got = ::read(file.get(), reading.text.data() + filled, chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path);
    filled += static_cast<std::size_t>(got);
    if (filled > largest)
      throw std::runtime_error(
          fmt::format("'{}' is larger than any file that the kernel writes there", path));
    if (got == 0) {
      reading.time_ns = monotonic_ns();
      reading.text.resize(filled);
      return reading;
    }
  }
}

}  // namespace shm::programs
