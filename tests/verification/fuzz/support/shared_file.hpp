// SPDX-License-Identifier: Apache-2.0

// A file mapped for writing without the library, as by another process with write access.
#pragma once

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <filesystem>

namespace shm::fuzz {

class SharedFile {
 public:
  explicit SharedFile(const std::filesystem::path& path)
      : region_(boost::interprocess::file_mapping(path.c_str(), boost::interprocess::read_write),
                boost::interprocess::read_write) {}

  [[nodiscard]] char* bytes() const noexcept { return static_cast<char*>(region_.get_address()); }
  [[nodiscard]] std::size_t size() const noexcept { return region_.get_size(); }

 private:
  boost::interprocess::mapped_region region_;
};

}  // namespace shm::fuzz
