// SPDX-License-Identifier: Apache-2.0

// Pages without access before and after every mapping that the library makes. Hence a read or write one byte outside
// of a mapping crashes, and does not touch the mapping beside it. AddressSanitizer does this for the heap only.
//
// The linker puts these functions in the place of mmap and munmap (--wrap, in CMakeLists.txt).
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {
void* __real_mmap(void* address, std::size_t bytes, int protection, int flags, int fd, ::off_t offset);
int __real_munmap(void* address, std::size_t bytes);
void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int fd, ::off_t offset);
int __wrap_munmap(void* address, std::size_t bytes);
}

namespace {

constexpr std::size_t guard = 4096;

std::size_t whole_pages(std::size_t bytes) { return (bytes + guard - 1) / guard * guard; }

/// A mapping between its guard pages. If it is freed in parts, then the last part frees the guard pages, too.
struct Guarded {
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;
  std::size_t left = 0;
};

// Only one thread maps and unmaps in a target. Mappings that do not fit in the table have no guard pages.
std::array<Guarded, 256> table;

void remember(void* address, std::size_t bytes, Guarded& place) {
  place = {reinterpret_cast<std::uintptr_t>(address), bytes, bytes};
}

}  // namespace

void* __wrap_mmap(void* address, std::size_t bytes, int protection, int flags, int fd, ::off_t offset) {
  Guarded* place = nullptr;
  for (Guarded& entry : table) {
    if (entry.left == 0) place = &entry;
  }
  if (address != nullptr || place == nullptr || bytes == 0) {
    return __real_mmap(address, bytes, protection, flags, fd, offset);
  }
  const std::size_t size = whole_pages(bytes);
  if (size < bytes || size > SIZE_MAX - 2 * guard) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  void* whole =
      __real_mmap(nullptr, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (whole == MAP_FAILED) return MAP_FAILED;
  void* inside = static_cast<char*>(whole) + guard;
  if (__real_mmap(inside, bytes, protection, flags | MAP_FIXED, fd, offset) == MAP_FAILED) {
    const int error = errno;
    __real_munmap(whole, size + 2 * guard);
    errno = error;
    return MAP_FAILED;
  }
  remember(inside, size, *place);
  return inside;
}

int __wrap_munmap(void* address, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  const std::size_t size = whole_pages(bytes);
  for (Guarded& entry : table) {
    if (entry.left == 0 || begin < entry.begin || begin + size > entry.begin + entry.bytes) continue;
    entry.left -= size;
    if (entry.left > 0) {  // keep the addresses reserved: the last part frees them all
      constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
      return __real_mmap(address, bytes, PROT_NONE, flags, -1, 0) == MAP_FAILED ? -1 : 0;
    }
    return __real_munmap(reinterpret_cast<void*>(entry.begin - guard), entry.bytes + 2 * guard);
  }
  return __real_munmap(address, bytes);
}
