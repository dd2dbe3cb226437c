// SPDX-License-Identifier: Apache-2.0

// Names of streams, and the paths of their files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/directory.hpp"

namespace shm::storage {

inline constexpr std::size_t max_name_bytes = 200;
/// The directory of streams, unless LIBSHM_DIR or an option names another.
inline constexpr std::string_view builtin_directory = "/dev/shm/libshm";
inline constexpr std::string_view stream_suffix = ".stream";
inline constexpr std::string_view control_suffix = ".control";

/// [A-Za-z0-9._-] and '/' for nesting; no part empty or with a leading dot; at most 200 bytes.
/// @throws InvalidArgument.
void check_name(std::string_view name);
[[nodiscard]] bool is_name(std::string_view name) noexcept;

/// Opens the directory of all streams. A symbolic link in its place is followed only if this user or root made it,
/// and never at the built-in /dev/shm/libshm, where any user could have made it. nullopt: it does not exist.
/// @throws PermissionDenied, SystemError.
[[nodiscard]] std::optional<os::Directory> open_root(const std::string& place);

struct StreamPaths {
  /// Checks the name; an empty directory is the default one.
  StreamPaths(std::string_view stream_name, std::string_view in_directory);

  std::string name;
  std::string directory;  ///< of all streams
  std::string parent;     ///< the directory that holds the files: deeper when the name is nested
  std::string stream;     ///< path of NAME.stream
  std::string control;
  std::string stream_file;  ///< its name in `parent`
  std::string control_file;

  /// Opens `parent` without following links below `directory`. nullopt: it does not exist.
  /// @throws PermissionDenied, SystemError.
  [[nodiscard]] std::optional<os::Directory> find_parent() const;
  /// The same for a writer: makes missing directories, and refuses those that other users could replace.
  /// @throws PermissionDenied, SystemError.
  [[nodiscard]] os::Directory make_parent() const;
  enum class Whose { mine, anybodys };
  /// Removes the directories that nesting made, as far as they are empty.
  void remove_empty_directories(Whose whose) const noexcept;
};

}  // namespace shm::storage
