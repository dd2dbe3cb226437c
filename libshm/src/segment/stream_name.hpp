// Names of streams and the files that they mean.
#pragma once

#include <string>
#include <string_view>

namespace shm::segment {

inline constexpr std::size_t max_name_bytes = 200;
inline constexpr std::string_view stream_suffix = ".stream";
inline constexpr std::string_view control_suffix = ".control";

/// [A-Za-z0-9._-] and '/' for nesting; no part empty or with a leading dot; at most 200 bytes.
/// @throws InvalidArgument.
void check_name(std::string_view name);

struct StreamPaths {
  /// Checks the name; an empty directory is the default one.
  StreamPaths(std::string_view stream_name, std::string_view in_directory);

  std::string name;
  std::string directory;  ///< of all streams
  std::string parent;     ///< the directory that holds the files: deeper when the name is nested
  std::string stream;
  std::string control;

  /// Makes the directories that are missing, for everybody to use like /tmp. @throws SystemError.
  void make_directories() const;
  /// Removes the directories that nesting made, as far as they are empty.
  void remove_empty_directories() const noexcept;
};

}  // namespace shm::segment
