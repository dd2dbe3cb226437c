// SPDX-License-Identifier: Apache-2.0
#include "support/shared.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace shm::bench {
namespace {

void* mapped(std::size_t bytes, int protection, int flags, int file) {
  void* address = ::mmap(nullptr, bytes, protection, MAP_SHARED | MAP_POPULATE | flags, file, 0);
  if (address == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "map shared memory");
  return address;
}

}  // namespace

SharedPages::SharedPages(std::size_t bytes)
    : bytes_(bytes), address_(mapped(bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1)) {}

SharedPages::~SharedPages() { ::munmap(address_, bytes_); }

TwiceMapped::TwiceMapped(std::size_t bytes) : bytes_(bytes) {
  const int file = ::memfd_create("shm-bench", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, static_cast<::off_t>(bytes)) != 0) {
    throw std::system_error(errno, std::generic_category(), "make shared memory");
  }
  writable_ = mapped(bytes, PROT_READ | PROT_WRITE, 0, file);
  read_only_ = mapped(bytes, PROT_READ, 0, file);
  ::close(file);
}

TwiceMapped::~TwiceMapped() {
  ::munmap(writable_, bytes_);
  ::munmap(read_only_, bytes_);
}

}  // namespace shm::bench
