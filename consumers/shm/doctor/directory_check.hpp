// SPDX-License-Identifier: Apache-2.0

// The directory of the streams: does it exist, which user owns it, and how much room has its file system?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

/// May this user have streams in the directory?
[[nodiscard]] Finding check_directory(const std::string& directory, ::uid_t user);

struct FileSystem {
  std::string mounted_at = "/dev/shm";
  bool in_memory = true;
  bool read_only = false;
  std::uint64_t bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t files = 0;  ///< that it can have; 0: any number
  std::uint64_t free_files = 0;
};

/// Of the directory, or of the one in which it would be made. @throws SystemError.
[[nodiscard]] FileSystem file_system_of(const std::string& directory);
[[nodiscard]] Findings check_file_system(const FileSystem& found, const std::string& directory);

/// The directory itself, or the closest existing one above it.
[[nodiscard]] std::string nearest_directory(const std::string& directory);

}  // namespace shm::programs
