// SPDX-License-Identifier: Apache-2.0
#include "os/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

#include "os/system_error.hpp"

namespace shm::os {
namespace {

std::string temporary_name() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return temporary_prefix + std::to_string(::getpid()) + "-" + std::to_string(random());
}

struct ::flock byte_lock(short type, std::int64_t offset, std::int64_t bytes) {
  struct ::flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = offset;
  lock.l_len = bytes;
  return lock;
}

}  // namespace

File::~File() {
  if (!temporary_.empty()) directory_.remove(temporary_);
  if (fd_ >= 0) ::close(fd_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(directory_, other.directory_);
  std::swap(name_, other.name_);
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

std::optional<File> File::open(const Directory& directory, const std::string& name, Access access) {
  // O_NONBLOCK: if the name is a FIFO, the open must not block. O_NOCTTY: a terminal must not become ours.
  const int flags =
      (access == Access::read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = ::openat(directory.fd(), name.c_str(), flags);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw_system_error(errno, directory.path_of(name),
                       access == Access::read_only ? "open it to read" : "open it to write");
  }
  return File(fd, directory, name);
}

File File::create_unnamed(const Directory& directory, const std::string& name) {
  constexpr ::mode_t mode = 0600;
  int fd = ::openat(directory.fd(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  std::string temporary;
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    temporary = temporary_name();
    fd =
        ::openat(directory.fd(), temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, mode);
  }
  if (fd < 0) throw_system_error(errno, directory.path_of(name), "create it");
  File file(fd, directory, name);
  file.temporary_ = std::move(temporary);
  return file;
}

struct ::stat File::status() const {
  struct ::stat status {};
  if (::fstat(fd_, &status) != 0) throw_system_error(errno, path_, "look at it");
  return status;
}

bool File::is_at_its_path() const {
  const std::optional<struct ::stat> named = directory_.look(name_);
  const struct ::stat mine = status();
  return named && mine.st_dev == named->st_dev && mine.st_ino == named->st_ino;
}

bool File::has_holes() const {
  constexpr std::uint64_t block_bytes = 512;  // the unit of st_blocks, whatever the file system's is
  const struct ::stat mine = status();
  return static_cast<std::uint64_t>(mine.st_blocks) * block_bytes < static_cast<std::uint64_t>(mine.st_size);
}

void File::allocate(std::uint64_t bytes) {
  int error = 0;
  do {
    error = ::posix_fallocate(fd_, 0, static_cast<::off_t>(bytes));
  } while (error == EINTR);
  if (error != 0) {
    throw_system_error(
        error, path_,
        "allocate " + std::to_string(bytes) + " bytes for it (make the history shorter or room)");
  }
}

void File::share(::mode_t mode, ::gid_t group) {
  const struct ::stat before = status();
  if (before.st_gid != group) {
    // Without group permissions in between: neither group may use the permissions of the other.
    change_mode(mode & 0700);
    if (::fchown(fd_, static_cast<::uid_t>(-1), group) != 0) {
      throw_system_error(errno, path_, "give it to group " + std::to_string(group));
    }
    change_mode(mode);
  } else if ((before.st_mode & 07777) != mode) {
    change_mode(mode);
  }
}

void File::change_mode(::mode_t mode) {
  if (::fchmod(fd_, mode) != 0) throw_system_error(errno, path_, "set its permissions");
}

bool File::link_to(const std::string& target) {
  int result = 0;
  if (temporary_.empty()) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd_);
    result = ::linkat(AT_FDCWD, self.c_str(), directory_.fd(), target.c_str(), AT_SYMLINK_FOLLOW);
  } else {
    // A rename and not a link, so that the file never has two names, which readers refuse.
    result =
        ::renameat2(directory_.fd(), temporary_.c_str(), directory_.fd(), target.c_str(), RENAME_NOREPLACE);
  }
  if (result == 0) return true;
  if (errno == EEXIST) return false;
  throw_system_error(errno, path_, "link it into place");
}

bool File::link_as_path() {
  if (!link_to(name_)) return false;
  temporary_.clear();
  return true;
}

void File::link_over_path() {
  // There is no atomic "link over": give it a temporary name, then rename.
  if (temporary_.empty()) {
    std::string name;
    do {
      name = temporary_name();
    } while (!link_to(name));
    temporary_ = std::move(name);
  }
  if (::renameat(directory_.fd(), temporary_.c_str(), directory_.fd(), name_.c_str()) != 0) {
    throw_system_error(errno, path_, "rename it into place");
  }
  temporary_.clear();
}

bool File::try_lock(std::int64_t offset) {
  struct ::flock lock = byte_lock(F_WRLCK, offset, 1);
  if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw_system_error(errno, path_, "lock it");
}

void File::unlock(std::int64_t offset) const noexcept {
  struct ::flock lock = byte_lock(F_UNLCK, offset, 1);
  ::fcntl(fd_, F_OFD_SETLK, &lock);
}

bool File::is_locked(std::int64_t offset, std::int64_t bytes) const {
  // Asked as a reader would, which needs no write access; the locks that are looked for are write locks.
  struct ::flock lock = byte_lock(F_RDLCK, offset, bytes);
  if (::fcntl(fd_, F_OFD_GETLK, &lock) != 0) throw_system_error(errno, path_, "look at its locks");
  return lock.l_type != F_UNLCK;
}

bool File::is_kept_from_writers(std::int64_t offset) const {
  struct ::flock lock = byte_lock(F_WRLCK, offset, 1);
  if (::fcntl(fd_, F_OFD_GETLK, &lock) != 0) throw_system_error(errno, path_, "look at its locks");
  return lock.l_type == F_RDLCK;
}

}  // namespace shm::os
