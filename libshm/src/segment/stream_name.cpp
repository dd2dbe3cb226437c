#include "segment/stream_name.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/file.hpp"
#include "shm/error.hpp"
#include "shm/streams.hpp"

namespace shm::segment {

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

StreamPaths::StreamPaths(std::string_view stream_name, std::string_view in_directory)
    : name(stream_name), directory(in_directory.empty() ? default_directory() : std::string(in_directory)) {
  check_name(name);
  const std::string base = directory + "/" + name;
  parent = base.substr(0, base.rfind('/'));
  stream = base + std::string(stream_suffix);
  control = base + std::string(control_suffix);
}

void StreamPaths::make_directories() const {
  // Sticky and open to all, like /tmp: what may be read is decided file by file.
  constexpr ::mode_t mode = 01777;
  for (std::size_t at = directory.size();; at = parent.find('/', at + 1)) {
    const std::string path = parent.substr(0, at);
    if (::mkdir(path.c_str(), mode) == 0) {
      ::chmod(path.c_str(), mode);  // whatever the umask took
    } else if (errno != EEXIST) {
      os::throw_system_error(errno, path, "make the directory for streams");
    }
    if (at == std::string::npos || at >= parent.size()) break;
  }
}

void StreamPaths::remove_empty_directories() const noexcept {
  std::string path = parent;
  while (path.size() > directory.size() && ::rmdir(path.c_str()) == 0) path.resize(path.rfind('/'));
}

}  // namespace shm::segment
