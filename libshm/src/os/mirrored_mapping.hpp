// SPDX-License-Identifier: Apache-2.0

// A part of a file mapped twice in a row, so that a window that wraps around its end is contiguous.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <cstdint>

#include "os/file.hpp"

namespace shm::os {

/// The page size of this machine in bytes: a multiple of layout::page_bytes.
[[nodiscard]] std::uint64_t page_size() noexcept;

class MirroredMapping {
 public:
  MirroredMapping() = default;

  /// Maps [offset, offset + bytes) of the file twice.
  /// REQUIRES: both are multiples of the page size, bytes > 0. @throws SystemError.
  MirroredMapping(const File& file, boost::interprocess::mode_t mode, std::uint64_t offset,
                  std::uint64_t bytes);

  [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(first_.get_address()); }

  /// Maps every page now. Has no effect on kernels before 5.14.
  void prefault() const noexcept;

 private:
  boost::interprocess::mapped_region first_;
  boost::interprocess::mapped_region second_;
};

/// One mapping of a part of a file. @throws SystemError.
[[nodiscard]] boost::interprocess::mapped_region map_file(const File& file, boost::interprocess::mode_t mode,
                                                          std::uint64_t offset, std::uint64_t bytes);

}  // namespace shm::os
