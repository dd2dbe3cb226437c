// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/doctor/directory_check.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/text.hpp"
#include "consumers/shm/describe.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {
namespace {

constexpr const char* directory_name = "directory";
constexpr const char* builtin = "/dev/shm/libshm";

std::string where_to_go(const std::string& directory) {
  return fmt::format("set LIBSHM_DIR to a directory of your own, or as root: install -d -m 1777 {}",
                     directory);
}

std::string whose_text(const std::string& directory, const struct ::stat& status) {
  return fmt::format("{} belongs to {} (mode {:04o})", directory, user_name(status.st_uid),
                     status.st_mode & 07777);
}

Finding check_missing(const std::string& directory) {
  // One level is made by the first writer, and no more.
  const std::string above = std::filesystem::path(directory).parent_path();
  struct ::stat status {};
  if (::stat(above.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    const bool is_builtin = above == "/dev/shm";
    return Finding::problem(directory_name, fmt::format("{} is not there, nor is {}", directory, above),
                            is_builtin
                                ? "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm (make it first), "
                                  "or set LIBSHM_DIR"
                                : fmt::format("mkdir -p {}", directory));
  }
  if (::access(above.c_str(), W_OK | X_OK) != 0) {
    return Finding::problem(directory_name,
                            fmt::format("{} is not there, and this user may not make it", directory),
                            where_to_go(directory));
  }
  return Finding::ok(directory_name,
                     fmt::format("{} is not there yet: the first writer makes it", directory));
}

/// The same check as libshm makes before it writes: see docs/security.md.
Finding check_owner(const std::string& directory, const struct ::stat& status, ::uid_t user) {
  const std::string whose = whose_text(directory, status);
  if (status.st_uid != user && status.st_uid != 0) {
    const std::string text =
        whose + ": writers of any other user are refused there, for its owner could replace their streams";
    // Root inspects a directory of another user; whether root is to write there too is not known.
    if (user == 0) return Finding::warning(directory_name, text, where_to_go(directory));
    return Finding::problem(directory_name, text, where_to_go(directory));
  }
  const bool for_others = (status.st_mode & 0022) != 0;
  if (for_others && (status.st_mode & S_ISVTX) == 0) {
    return Finding::problem(directory_name,
                            whose + ": others may write it, and could replace streams; writers refuse that",
                            fmt::format("chmod +t {0} (for several users), or chmod go-w {0}", directory));
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0 && status.st_uid != user) {
    return Finding::problem(directory_name, whose + ": this user may not make streams there",
                            where_to_go(directory));
  }
  return Finding::ok(directory_name, whose + (for_others ? ": every user may have streams there"
                                                         : ": its owner may have streams there"));
}

std::string mount_point_of(const std::string& directory) {
  std::filesystem::path at = directory;
  struct ::stat here {};
  struct ::stat above {};
  if (::stat(at.c_str(), &here) != 0) return directory;
  while (at != at.parent_path() && ::stat(at.parent_path().c_str(), &above) == 0 &&
         above.st_dev == here.st_dev) {
    at = at.parent_path();
  }
  return at;
}

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

}  // namespace

std::string nearest_directory(const std::string& directory) {
  std::error_code ignored;
  std::filesystem::path at = std::filesystem::absolute(directory, ignored).lexically_normal();
  while (!std::filesystem::is_directory(at, ignored) && at != at.parent_path()) at = at.parent_path();
  return at;
}

Finding check_directory(const std::string& directory, ::uid_t user) {
  struct ::stat status {};
  if (::lstat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return check_missing(directory);
    return Finding::problem(directory_name, fmt::format("{}: {}", directory, std::strerror(errno)),
                            "make the way to it accessible to this user (chmod +x), or set LIBSHM_DIR");
  }
  if (S_ISLNK(status.st_mode)) {
    if (directory == builtin || (status.st_uid != user && status.st_uid != 0)) {
      return Finding::problem(directory_name,
                              fmt::format("{} is a symbolic link of {}, which is not followed", directory,
                                          user_name(status.st_uid)),
                              "set LIBSHM_DIR to where it leads, or remove the link");
    }
    if (::stat(directory.c_str(), &status) != 0) {
      return Finding::problem(directory_name, fmt::format("{} is a symbolic link to nothing", directory),
                              "make what it leads to, or remove it");
    }
  }
  if (!S_ISDIR(status.st_mode)) {
    return Finding::problem(
        directory_name, fmt::format("{} is no directory", directory),
        directory == builtin ? "as root: rm /dev/shm/libshm" : "set LIBSHM_DIR to a directory");
  }
  return check_owner(directory, status, user);
}

FileSystem file_system_of(const std::string& directory) {
  const std::string there = nearest_directory(directory);
  struct ::statvfs found {};
  struct ::statfs kind {};
  if (::statvfs(there.c_str(), &found) != 0 || ::statfs(there.c_str(), &kind) != 0) {
    const int error = errno;
    throw shm::SystemError(error, there + ": cannot look at its file system: " + std::strerror(error));
  }
  FileSystem file_system;
  file_system.in_memory = kind.f_type == TMPFS_MAGIC || kind.f_type == RAMFS_MAGIC;
  file_system.read_only = (found.f_flag & ST_RDONLY) != 0;
  file_system.bytes = found.f_blocks * found.f_frsize;
  file_system.free_bytes = found.f_bavail * found.f_frsize;
  file_system.files = found.f_files;
  file_system.free_files = found.f_favail;
  file_system.mounted_at = mount_point_of(there);
  // A ramfs has no limits.
  if (file_system.in_memory && file_system.bytes == 0)
    file_system.bytes = file_system.free_bytes = UINT64_MAX;
  return file_system;
}

Findings check_file_system(const FileSystem& found, const std::string& directory) {
  Findings findings;
  if (found.in_memory) {
    findings.push_back(Finding::ok("file system", "in memory"));
  } else {
    findings.push_back(Finding::warning(
        "file system", fmt::format("{} is on a disk: what is appended is written there too", directory),
        "if that is not wanted, put it on a tmpfs: mount -t tmpfs, or below /dev/shm"));
  }
  if (found.read_only) {
    findings.push_back(Finding::problem("file system", fmt::format("{} is mounted read-only", directory),
                                        "mount it for writing (mount -o remount,rw), or set LIBSHM_DIR"));
  }
  const std::string larger =
      found.in_memory
          ? fmt::format(
                "as root: mount -o remount,size=1g {} (for good: in /etc/fstab); of a container: docker run "
                "--shm-size=1g (or --ipc=host), shm_size in compose, an emptyDir with medium Memory in "
                "Kubernetes",
                found.mounted_at)
          : "make room on the disk";
  const std::string room =
      found.bytes == UINT64_MAX
          ? "no limit"
          : fmt::format("{} of {} free", bytes_text(found.free_bytes), bytes_text(found.bytes));
  if (found.free_bytes < mebibyte) {
    findings.push_back(
        Finding::problem("space", room + ": hardly a stream has room, making one fails",
                         fmt::format("shm ls (SIZE) tells what takes it, shm gc removes what nobody "
                                     "needs; or {}",
                                     larger)));
  } else if (found.in_memory && found.bytes <= 64 * mebibyte) {
    findings.push_back(Finding::warning(
        "space", room + ": as small as a container's default, a minute of sound or a few large streams",
        larger));
  } else if (found.free_bytes < 16 * mebibyte || found.free_bytes / 20 < found.bytes / 1000) {  // 2 %
    findings.push_back(
        Finding::warning("space", room + ": nearly full", "shm ls (SIZE) tells what takes it; or " + larger));
  } else {
    findings.push_back(Finding::ok("space", room));
  }
  const std::string more_files =
      found.in_memory
          ? fmt::format("remove some, or as root: mount -o remount,nr_inodes=0 {}", found.mounted_at)
          : "remove some";
  if (found.files > 0 && found.free_files < 2) {  // a stream is two
    findings.push_back(
        Finding::problem("files", "no room for more files, whatever space there is", more_files));
  } else if (found.files > 0 && found.free_files < 200) {
    findings.push_back(Finding::warning(
        "files", fmt::format("room for {} more streams only", found.free_files / 2), more_files));
  }
  return findings;
}

}  // namespace shm::programs
