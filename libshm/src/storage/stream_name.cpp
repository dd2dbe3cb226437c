// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_name.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "os/file.hpp"
#include "os/system_error.hpp"
#include "os/user.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/default_directory.hpp"
#include "storage/access_check.hpp"

namespace shm {

std::string default_directory() {
  // secure_getenv: a program with more rights than its caller would use them on the caller's directory.
  const char* directory = ::secure_getenv("LIBSHM_DIR");
  return directory != nullptr && *directory != '\0' ? directory : std::string(storage::builtin_directory);
}

namespace storage {

namespace {

/// Returns the directories in a nested name.
std::vector<std::string> nested_parts(const std::string& name) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end = name.find('/'); end != std::string::npos; at = end + 1, end = name.find('/', at)) {
    parts.push_back(name.substr(at, end - at));
  }
  return parts;
}

/// A slash at the end would make the kernel follow a link.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// Returns the directory that existed, or was made a moment ago. @throws SystemError  with ENOENT if it was removed
/// again: to make it once more may help.
std::optional<os::Directory> opened(std::optional<os::Directory> directory, const std::string& path) {
  if (directory) return directory;
  struct ::stat there {};
  const bool in_the_way = ::lstat(path.c_str(), &there) == 0 && !S_ISDIR(there.st_mode);
  os::throw_system_error(in_the_way ? ENOTDIR : ENOENT, path, "make the directory for streams");
}

}  // namespace

void check_name(std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    throw InvalidArgument("stream name '" + std::string(name) + "': " + why);
  };
  if (name.empty()) refuse("is empty");
  if (name.size() > max_name_bytes) refuse("is longer than " + std::to_string(max_name_bytes) + " bytes");
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  };
  if (!std::all_of(name.begin(), name.end(), allowed)) refuse("may have letters, digits and . _ - / only");
  std::size_t at = 0;
  while (at <= name.size()) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part.empty()) refuse("has an empty part: '/' stands between names");
    if (part.front() == '.') refuse("has a part that begins with a dot");
    at = end + 1;
  }
}

bool is_name(std::string_view name) noexcept {
  try {
    check_name(name);
    return true;
  } catch (const InvalidArgument&) {
    return false;
  }
}

std::optional<os::Directory> open_root(const std::string& place) {
  const std::string directory = without_slash(place);
  struct ::stat there {};
  const bool is_there = ::lstat(directory.c_str(), &there) == 0;
  if (is_there && !S_ISLNK(there.st_mode) && !S_ISDIR(there.st_mode)) {
    throw SystemError(ENOTDIR,
                      directory +
                          ": is no directory, and is to be the directory of streams; set LIBSHM_DIR (or "
                          "the directory option) to one");
  }
  if (!is_there || !S_ISLNK(there.st_mode)) return os::Directory::open(directory);
  if (std::filesystem::path(directory).lexically_normal() == builtin_directory) {
    throw PermissionDenied(
        ELOOP, directory + ": is a symbolic link made by user " + os::user_text(there.st_uid) +
                   ", which is not followed here; remove it, or set LIBSHM_DIR to where it leads");
  }
  if (there.st_uid != ::geteuid() && there.st_uid != 0) {
    throw PermissionDenied(
        ELOOP, directory + ": is a symbolic link made by user " + os::user_text(there.st_uid) +
                   ", and only those of this user and of root are followed; set LIBSHM_DIR (or the "
                   "directory option) to a directory that is none");
  }
  return os::Directory::open(directory, os::Directory::Links::followed);
}

StreamPaths::StreamPaths(std::string_view stream_name, std::string_view in_directory)
    : name(stream_name),
      directory(without_slash(in_directory.empty() ? default_directory() : std::string(in_directory))) {
  check_name(name);
  const std::string base = directory + "/" + name;
  parent = base.substr(0, base.rfind('/'));
  stream = base + std::string(stream_suffix);
  control = base + std::string(control_suffix);
  stream_file = stream.substr(parent.size() + 1);
  control_file = control.substr(parent.size() + 1);
}

std::optional<os::Directory> StreamPaths::find_parent() const {
  std::optional<os::Directory> at = open_root(directory);
  for (const std::string& part : nested_parts(name)) {
    if (!at) break;
    at = at->open_below(part);
  }
  return at;
}

os::Directory StreamPaths::make_parent() const {
  // A directory that root makes for streams is for all users, like /tmp; the mode of each file decides who may read
  // it. A directory that another user makes is writable by that user alone, since others could not trust it anyway.
  // All users may enter it, since streams may be shared.
  const bool root = ::geteuid() == 0;
  std::optional<os::Directory> at = open_root(directory);
  if (!at) {
    static_cast<void>(os::Directory::make(directory, root ? 01777 : 0755));
    at = opened(open_root(directory), directory);
  }
  check_directory(*at);
  for (const std::string& part : nested_parts(name)) {
    std::optional<os::Directory> below = at->open_below(part);
    if (!below) {
      // No more open than the directory around it.
      static_cast<void>(at->make_below(part, at->status().st_mode & (root ? 03777 : 02755)));
      below = opened(at->open_below(part), at->path_of(part));
    }
    check_directory(*below);
    at = std::move(below);
  }
  return *at;
}

void StreamPaths::remove_empty_directories(Whose whose) const noexcept {
  try {
    std::vector<os::Directory> way;  // the directories that contain those of `parts`
    std::optional<os::Directory> at = open_root(directory);
    const std::vector<std::string> parts = nested_parts(name);
    for (std::size_t i = 0; at && i < parts.size(); ++i) {
      way.push_back(*at);
      at = at->open_below(parts[i]);
    }
    for (std::size_t i = way.size(); i > 0; --i) {
      const auto there = way[i - 1].look(parts[i - 1]);
      if (!there || (whose == Whose::mine && there->st_uid != ::geteuid())) break;
      if (!way[i - 1].remove_below(parts[i - 1])) break;
    }
  } catch (const Error&) {  // then they stay
  }
}

}  // namespace storage
}  // namespace shm
