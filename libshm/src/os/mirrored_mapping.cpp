// SPDX-License-Identifier: Apache-2.0
#include "os/mirrored_mapping.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "os/system_error.hpp"

namespace shm::os {
namespace bi = boost::interprocess;
namespace {

/// Reserved address space, until mappings take its place.
class Reservation {
 public:
  explicit Reservation(std::size_t bytes, const File& file) : bytes_(bytes) {
    address_ = ::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address_ == MAP_FAILED) throw_system_error(errno, file.path(), "reserve address space for its ring");
  }
  ~Reservation() {
    if (address_ != MAP_FAILED) ::munmap(address_, bytes_);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  [[nodiscard]] char* address() const { return static_cast<char*>(address_); }
  /// The first `bytes` of it now belong to a mapping.
  void give_away(std::size_t bytes) {
    bytes_ -= bytes;
    address_ = bytes_ == 0 ? MAP_FAILED : address() + bytes;
  }

 private:
  void* address_;
  std::size_t bytes_;
};

template <class Map>
auto translated(const File& file, Map map) {
  try {
    return map();
  } catch (const bi::interprocess_exception& error) {
    throw_system_error(error.get_native_error(), file.path(), "map it");
  }
}

}  // namespace

std::uint64_t page_size() noexcept { return bi::mapped_region::get_page_size(); }

bi::mapped_region map_file(const File& file, bi::mode_t mode, std::uint64_t offset, std::uint64_t bytes) {
  return translated(file, [&] {
    return bi::mapped_region(file, mode, static_cast<bi::offset_t>(offset), static_cast<std::size_t>(bytes));
  });
}

MirroredMapping::MirroredMapping(const File& file, bi::mode_t mode, std::uint64_t offset,
                                 std::uint64_t bytes) {
  const auto size = static_cast<std::size_t>(bytes);
  const auto at = static_cast<bi::offset_t>(offset);
  Reservation reservation(2 * size, file);
  translated(file, [&] {
    // MAP_FIXED replaces a part of the reservation, so it cannot replace the mapping of another thread.
    bi::mapped_region first(file, mode, at, size, reservation.address(), MAP_FIXED);
    reservation.give_away(size);
    bi::mapped_region second(file, mode, at, size, reservation.address(), MAP_FIXED);
    reservation.give_away(size);
    first_.swap(first);
    second_.swap(second);
    return 0;
  });
}

void MirroredMapping::prefault() const noexcept {
#ifdef MADV_POPULATE_WRITE
  for (const bi::mapped_region* region : {&first_, &second_}) {
    const int advice = region->get_mode() == bi::read_write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
    ::madvise(region->get_address(), region->get_size(), advice);
  }
#endif
}

}  // namespace shm::os
