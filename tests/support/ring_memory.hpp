// SPDX-License-Identifier: Apache-2.0

// Memory for a ring without a stream: counters, and data mapped twice in a row.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

#include "shm/layout/stream_layout.hpp"
#include "shm/ring/geometry.hpp"
#include "shm/ring/ring_reader.hpp"
#include "shm/ring/ring_writer.hpp"

namespace shm::test {

class RingMemory {
 public:
  /// REQUIRES: geometry.data_bytes() is a multiple of the page size.
  explicit RingMemory(const ring::Geometry& of) : geometry(of), bytes_(of.data_bytes()) {
    const int fd = ::memfd_create("ring", MFD_CLOEXEC);
    void* place = ::mmap(nullptr, 2 * bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data = static_cast<std::byte*>(place);
    if (fd < 0 || place == MAP_FAILED || ::ftruncate(fd, static_cast<::off_t>(bytes_)) != 0 ||
        !map(fd, data) || !map(fd, data + bytes_)) {
      throw std::runtime_error("no memory for a ring");
    }
    ::close(fd);
    counters.line.inserted = of.first_index;
    counters.reserved = of.first_index;
  }
  ~RingMemory() { ::munmap(data, 2 * bytes_); }
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;

  [[nodiscard]] ring::RingWriter writer() { return {counters, data, geometry}; }
  [[nodiscard]] ring::RingReader reader() const { return {counters, data, geometry}; }

  const ring::Geometry geometry;
  layout::RingCounters counters{};
  std::byte* data = nullptr;

 private:
  [[nodiscard]] bool map(int fd, std::byte* at) const {
    return ::mmap(at, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
  }
  std::size_t bytes_;
};

}  // namespace shm::test
