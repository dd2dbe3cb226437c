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

  /// A file that has no name yet; on file systems without such files, one with a temporary name (see
  /// link_as_path). Only its owner may open it until share().
  [[nodiscard]] static File create_unnamed(const Directory& directory, const std::string& name);

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] const Directory& directory() const noexcept { return directory_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] struct ::stat status() const;
  /// True if its path still names this file.
  [[nodiscard]] bool is_at_its_path() const;

  /// True if fewer blocks are allocated than its size needs.
  [[nodiscard]] bool has_holes() const;
  /// Makes it `bytes` long and allocates every block, so that a full file system is an error now and not a SIGBUS
  /// later. @throws NoSpace.
  void allocate(std::uint64_t bytes);
  /// Sets mode and group. At no moment does a user have access that neither the old nor the new ones permit.
  void share(::mode_t mode, ::gid_t group);

  /// Gives an unnamed file its path. False: the path is taken.
  [[nodiscard]] bool link_as_path();
  /// The same; it replaces a file that has the path already.
  void link_over_path();

  /// An exclusive lock on one byte (an OFD lock). It belongs to this open file; the kernel releases it at the last
  /// close. False: another open file holds it.
  [[nodiscard]] bool try_lock(std::int64_t offset);
  void unlock(std::int64_t offset) const noexcept;
  /// True if another open file holds a lock there.
  [[nodiscard]] bool is_locked(std::int64_t offset, std::int64_t bytes = 1) const;

  /// True if another open file holds a shared lock there: not a writer's, but it keeps writers out. Any process that
  /// may read the file can hold one.
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
  std::string path_;       // for messages; calls use directory_ and name_
  std::string temporary_;  // its name until it is linked, on file systems without O_TMPFILE
};

/// Prefix of the temporary names of files that are being made. If the creator died, such a file is garbage.
inline constexpr const char* temporary_prefix = ".making-";

}  // namespace shm::os
