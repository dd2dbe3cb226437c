// SPDX-License-Identifier: Apache-2.0

// Directories by descriptor. Files in a directory are opened, made and removed relative to the open directory,
// and no symbolic link is followed. So another user who swaps a name on the path cannot redirect this process.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shm::os {

/// An open directory; copies share it. Failures are thrown as shm::SystemError, as os::File does.
class Directory {
 public:
  enum class Links { refused, followed };

  Directory() = default;

  /// Links before the last part of the path are followed, the last part only with Links::followed. nullopt: there
  /// is no such directory. @throws SystemError  (ELOOP: it is a link).
  [[nodiscard]] static std::optional<Directory> open(const std::string& path, Links last = Links::refused);
  /// A directory in this one; never through a link. nullopt: there is no directory of that name.
  [[nodiscard]] std::optional<Directory> open_below(const std::string& name) const;

  [[nodiscard]] int fd() const noexcept { return handle_ ? handle_->fd : -1; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] struct ::stat status() const;
  /// The status of a name in it; links are not followed. nullopt: there is no such name.
  [[nodiscard]] std::optional<struct ::stat> look(const std::string& name) const;
  /// All names in it, in no order. @throws SystemError  (EACCES: no permission to list it).
  [[nodiscard]] std::vector<std::string> names() const;

  /// False: the name is taken. REQUIRES: no other user can put another directory in its place meanwhile.
  [[nodiscard]] static bool make(const std::string& path, ::mode_t mode);
  [[nodiscard]] bool make_below(const std::string& name, ::mode_t mode) const;
  /// Removes a file's name. False: it could not be removed.
  bool remove(const std::string& name) const noexcept;
  /// Removes a directory if it is empty.
  bool remove_below(const std::string& name) const noexcept;

 private:
  struct Handle {
    explicit Handle(int descriptor) : fd(descriptor) {}
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    int fd;
  };
  Directory(int fd, std::string path) : handle_(std::make_shared<const Handle>(fd)), path_(std::move(path)) {}
  [[nodiscard]] static std::optional<Directory> open_at(int at, const std::string& name, std::string path,
                                                        Links links);
  [[nodiscard]] static bool make_at(int at, const std::string& name, const std::string& path, ::mode_t mode);

  std::shared_ptr<const Handle> handle_;
  std::string path_;
};

}  // namespace shm::os
