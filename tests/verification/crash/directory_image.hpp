// SPDX-License-Identifier: Apache-2.0

// The bytes of a directory of streams at one moment: to see whether they changed, and to copy them to another
// directory, in which no live process holds a lock. The copy is the state that a process leaves if it dies at this
// moment.
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

  /// Takes the bytes as they are now; returns whether anything changed since the last call. New and removed files,
  /// and changes of size or mode, are noticed only with `names_too`, which takes system calls.
  bool take(bool names_too);

  /// Replaces the contents of `directory`. REQUIRES: no process uses them.
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
