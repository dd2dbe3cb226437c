// SPDX-License-Identifier: Apache-2.0
#include "verification/crash/directory_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace shm::test {
namespace fs = std::filesystem;

DirectoryImage::DirectoryImage(fs::path directory) : directory_(std::move(directory)) { take(true); }
DirectoryImage::~DirectoryImage() { unmap(); }

void DirectoryImage::unmap() {
  for (const Entry& entry : entries_) {
    if (entry.mapped != nullptr) ::munmap(const_cast<std::byte*>(entry.mapped), entry.bytes.size());
  }
  entries_.clear();
}

bool DirectoryImage::are_same(const Entry& a, const Entry& b) {
  return a.path == b.path && a.status.st_ino == b.status.st_ino && a.status.st_size == b.status.st_size &&
         a.status.st_mode == b.status.st_mode;
}

std::vector<DirectoryImage::Entry> DirectoryImage::list() const {
  std::vector<Entry> entries;
  for (const auto& found : fs::recursive_directory_iterator(directory_)) {
    Entry entry{.path = fs::relative(found.path(), directory_)};
    if (::lstat(found.path().c_str(), &entry.status) != 0) throw std::runtime_error("a file vanished");
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return entries;
}

void DirectoryImage::map(Entry& entry) const {
  if (!S_ISREG(entry.status.st_mode)) return;
  entry.bytes.resize(static_cast<std::size_t>(entry.status.st_size));
  if (entry.bytes.empty()) return;
  const int fd = ::open((directory_ / entry.path).c_str(), O_RDONLY | O_CLOEXEC);
  void* mapped = fd < 0 ? MAP_FAILED : ::mmap(nullptr, entry.bytes.size(), PROT_READ, MAP_SHARED, fd, 0);
  if (fd >= 0) ::close(fd);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + entry.path.string());
  entry.mapped = static_cast<const std::byte*>(mapped);
  std::memcpy(entry.bytes.data(), mapped, entry.bytes.size());
}

bool DirectoryImage::take(bool names_too) {
  if (names_too) {
    std::vector<Entry> now = list();
    if (!std::equal(now.begin(), now.end(), entries_.begin(), entries_.end(), are_same)) {
      unmap();
      entries_ = std::move(now);
      for (Entry& entry : entries_) map(entry);
      return true;
    }
  }
  bool changed = false;
  for (Entry& entry : entries_) {
    if (entry.mapped == nullptr || std::memcmp(entry.bytes.data(), entry.mapped, entry.bytes.size()) == 0)
      continue;
    std::memcpy(entry.bytes.data(), entry.mapped, entry.bytes.size());
    changed = true;
  }
  return changed;
}

void DirectoryImage::put_into(const fs::path& directory) const {
  for (const auto& old : fs::directory_iterator(directory)) fs::remove_all(old.path());
  for (const Entry& entry : entries_) {  // sorted: a directory comes before its entries
    const fs::path path = directory / entry.path;
    if (S_ISDIR(entry.status.st_mode)) {
      fs::create_directory(path);
    } else {
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(entry.bytes.data()),
                 static_cast<std::streamsize>(entry.bytes.size()));
    }
    ::chmod(path.c_str(), entry.status.st_mode & 07777);
  }
}

}  // namespace shm::test
