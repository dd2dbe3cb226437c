// SPDX-License-Identifier: Apache-2.0
#include "os/directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "os/system_error.hpp"

namespace shm::os {

Directory::Handle::~Handle() { ::close(fd); }

std::optional<Directory> Directory::open_at(int at, const std::string& name, std::string path, Links links) {
  // O_PATH: to go through a directory one need not be able to list it.
  const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | (links == Links::refused ? O_NOFOLLOW : 0);
  const int fd = ::openat(at, name.c_str(), flags);
  if (fd >= 0) return Directory(fd, std::move(path));
  const int error = errno;
  if (error == ENOENT) return std::nullopt;
  if (error == ENOTDIR) {  // a link too, since O_PATH | O_NOFOLLOW opens the link itself
    struct ::stat there {};
    const bool is_link =
        ::fstatat(at, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(there.st_mode);
    if (!is_link) return std::nullopt;
    throw_system_error(ELOOP, path,
                       "use it as a directory (it is a symbolic link, which libshm does not follow)");
  }
  throw_system_error(error, path, "open the directory");
}

std::optional<Directory> Directory::open(const std::string& path, Links last) {
  return open_at(AT_FDCWD, path, path, last);
}

std::optional<Directory> Directory::open_below(const std::string& name) const {
  return open_at(fd(), name, path_of(name), Links::refused);
}

struct ::stat Directory::status() const {
  struct ::stat status {};
  if (::fstat(fd(), &status) != 0) throw_system_error(errno, path_, "look at it");
  return status;
}

std::optional<struct ::stat> Directory::look(const std::string& name) const {
  struct ::stat status {};
  if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_system_error(errno, path_of(name), "look at it");
}

std::vector<std::string> Directory::names() const {
  const int to_list = ::openat(fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (to_list < 0) throw_system_error(errno, path_, "list it");
  const auto close_directory = [](::DIR* open) { ::closedir(open); };
  const std::unique_ptr<::DIR, decltype(close_directory)> listing(::fdopendir(to_list), close_directory);
  if (!listing) {
    const int error = errno;
    ::close(to_list);
    throw_system_error(error, path_, "list it");
  }
  std::vector<std::string> names;
  while (const ::dirent* entry = ::readdir(listing.get())) {
    std::string name = &entry->d_name[0];
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

bool Directory::make_at(int at, const std::string& name, const std::string& path, ::mode_t mode) {
  if (::mkdirat(at, name.c_str(), mode) != 0) {
    if (errno == EEXIST) return false;
    throw_system_error(errno, path, "make the directory for streams");
  }
  // Sets the bits that the umask removed. By descriptor, so that no link is followed; with O_PATH, which needs no
  // permission. If the directory is gone again, the next open reports it.
  const int fd = ::openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return true;
  static_cast<void>(::chmod(("/proc/self/fd/" + std::to_string(fd)).c_str(), mode));
  ::close(fd);
  return true;
}

bool Directory::make(const std::string& path, ::mode_t mode) { return make_at(AT_FDCWD, path, path, mode); }

bool Directory::make_below(const std::string& name, ::mode_t mode) const {
  return make_at(fd(), name, path_of(name), mode);
}

bool Directory::remove(const std::string& name) const noexcept {
  return ::unlinkat(fd(), name.c_str(), 0) == 0;
}

bool Directory::remove_below(const std::string& name) const noexcept {
  return ::unlinkat(fd(), name.c_str(), AT_REMOVEDIR) == 0;
}

}  // namespace shm::os
