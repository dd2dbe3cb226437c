// SPDX-License-Identifier: Apache-2.0

// The bytes of a directory of streams at one moment: to see whether they changed, and to put a copy of them
// somewhere else, where no live process has a lock on anything. That is what a process leaves that dies at
// this moment.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <vector>

namespace shm::test {

class DirectoryImage {
 public:
  explicit DirectoryImage(std::filesystem::path directory);
  ~DirectoryImage();
  DirectoryImage(const DirectoryImage&) = delete;
  DirectoryImage& operator=(const DirectoryImage&) = delete;

  /// Takes the bytes as they are now; true if anything changed since the last time. Files that came, went or
  /// changed in size or mode are noticed only with `names_too`: that takes system calls.
  bool take(bool names_too);

  /// REQUIRES: nobody uses what is in `directory`; it is replaced.
  void put_into(const std::filesystem::path& directory) const;

 private:
  struct Entry {
    std::filesystem::path path;  // below the directory
    struct ::stat status {};
    const std::byte* mapped = nullptr;
    std::vector<std::byte> bytes = {};
  };
  static bool are_same(const Entry& a, const Entry& b);
  [[nodiscard]] std::vector<Entry> list() const;
  void map(Entry& entry) const;
  void unmap();

  std::filesystem::path directory_;
  std::vector<Entry> entries_;
};

}  // namespace shm::test
