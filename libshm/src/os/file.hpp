// SPDX-License-Identifier: Apache-2.0

// Files by descriptor: opened without following links, allocated for real, locked by byte, linked into place.
// Failures are thrown as shm::SystemError (PermissionDenied, NoSpace) with the path and the call in the text.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <boost/interprocess/detail/os_file_functions.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "os/directory.hpp"

namespace shm::os {

class File {
 public:
  enum class Access { read_only, read_write };

  File() = default;
  ~File();
  File(File&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        directory_(std::move(other.directory_)),
        name_(std::move(other.name_)),
        path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})) {}
  File& operator=(File&& other) noexcept;

  /// nullopt: there is no such file. @throws SystemError for anything else; a symbolic link is refused.
  [[nodiscard]] static std::optional<File> open(const Directory& directory, const std::string& name,
                                                Access access);

  /// A file that has no name yet, or where the file system cannot do that, a temporary one (see
  /// link_as_path). Only its user may open it until share().
  [[nodiscard]] static File create_unnamed(const Directory& directory, const std::string& name);

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] const Directory& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] struct ::stat status() const;
  /// Is it (still) the file that its path names?
  [[nodiscard]] bool is_at_its_path() const;

  /// Has it less memory than its size?
  [[nodiscard]] bool has_holes() const;
  /// Makes it `bytes` long with every block allocated, so that a full file system is an error here and now.
  /// @throws NoSpace.
  void allocate(std::uint64_t bytes);
  /// Gives it this mode and group, so that at no moment somebody has access whom neither the old nor the new
  /// ones give it.
  void share(::mode_t mode, ::gid_t group);

  /// Gives an unnamed file its path. False: the path is taken.
  [[nodiscard]] bool link_as_path();
  /// The same, in place of whatever is there.
  void link_over_path();

  /// An exclusive lock on one byte that belongs to this open file, and is released by the kernel at its last
  /// close. False: another open file holds it.
  [[nodiscard]] bool try_lock(std::int64_t offset);
  void unlock(std::int64_t offset) const noexcept;
  /// Does another open file hold it?
  [[nodiscard]] bool is_locked(std::int64_t offset, std::int64_t bytes = 1) const;

  /// Does another open file hold a lock there that is no writer's, but keeps writers out? Whoever may read
  /// the file can.
  [[nodiscard]] bool is_kept_from_writers(std::int64_t offset) const;

  // For boost::interprocess::mapped_region.
  [[nodiscard]] boost::interprocess::mapping_handle_t get_mapping_handle() const noexcept {
    return boost::interprocess::ipcdetail::mapping_handle_from_file_handle(fd_);
  }

 private:
  File(int fd, Directory directory, std::string name)
      : fd_(fd), directory_(std::move(directory)), name_(std::move(name)), path_(directory_.path_of(name_)) {}
  void change_mode(::mode_t mode);
  [[nodiscard]] bool link_to(const std::string& target);

  int fd_ = -1;
  Directory directory_;
  std::string name_;
  std::string path_;       // for people: what is done goes by directory_ and name_
  std::string temporary_;  // its name until it is linked, where O_TMPFILE is not to be had
};

/// Prefix of names that only exist while a file is being made; what a dead creator left of them is garbage.
inline constexpr const char* temporary_prefix = ".making-";

}  // namespace shm::os
