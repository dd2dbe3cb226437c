#include "shm/streams.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "segment/control_file.hpp"
#include "segment/owned_stream.hpp"
#include "segment/stream_file.hpp"
#include "segment/stream_name.hpp"
#include "shm/error.hpp"

namespace shm {
namespace fs = std::filesystem;
namespace {

using segment::StreamFile;
using segment::StreamPaths;

StreamFile open_stream(const StreamPaths& paths, os::File::Access access) {
  auto file = os::File::open(paths.stream, access);
  if (!file) throw NotFound("there is no stream '" + paths.name + "' in " + paths.directory);
  return {std::move(*file), access};
}

/// Every regular file below the directory; directories that may not be entered are passed over.
template <class Visit>
void each_file(const std::string& directory, Visit visit) {
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  if (error == std::errc::no_such_file_or_directory) return;
  if (error) throw SystemError(error.value(), directory + ": cannot list it: " + error.message());
  for (const auto end = fs::recursive_directory_iterator(); at != end; at.increment(error)) {
    if (error) break;  // it went away under us
    std::error_code gone;
    if (at->symlink_status(gone).type() == fs::file_type::regular) visit(at->path());
  }
}

/// Readers that hold a slot. Without access to the control file: taken to be there.
bool has_readers(const StreamPaths& paths, const StreamFile& stream) {
  const auto control = segment::ControlFile::open(paths.control, stream.header().stream_id);
  return control && control->file().is_locked(segment::ControlFile::slot_offset(0),
                                              layout::reader_slots * sizeof(layout::ReaderSlot));
}

bool collect_stream(const std::string& name, const GarbageOptions& options, const std::string& directory) {
  const StreamPaths paths(name, directory);
  StreamFile stream = open_stream(paths, os::File::Access::read_write);
  if (stream.is_persistent() && !options.persistent) return false;
  if (stream.writer_state() == WriterState::live || has_readers(paths, stream)) return false;
  if (options.dry_run) return true;
  // With the writer's lock nobody else creates, takes over or removes it.
  if (!stream.file().try_lock(layout::writer_lock_offset) || !stream.file().is_at_its_path()) return false;
  segment::remove_files(stream, paths);
  segment::mark_ended(stream);
  return true;
}

/// What a creator left that died half way: temporary files older than any creation takes, control files
/// alone.
bool is_debris(const fs::path& path) {
  const std::string file = path.filename().string();
  std::error_code error;
  const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, error);
  if (error || age < std::chrono::minutes(1)) return false;
  if (file.starts_with(os::temporary_prefix)) return true;
  if (!file.ends_with(segment::control_suffix)) return false;
  return !fs::exists(fs::path(path).replace_extension(std::string(segment::stream_suffix)), error);
}

}  // namespace

std::string default_directory() {
  const char* directory = std::getenv("LIBSHM_DIR");
  return directory != nullptr && *directory != '\0' ? directory : "/dev/shm/libshm";
}

std::vector<std::string> list_streams(const std::string& directory) {
  const std::string base = directory.empty() ? default_directory() : directory;
  std::vector<std::string> names;
  each_file(base, [&](const fs::path& path) {
    std::string name = path.lexically_relative(base).string();
    if (!name.ends_with(segment::stream_suffix)) return;
    name.resize(name.size() - segment::stream_suffix.size());
    try {
      segment::check_name(name);
    } catch (const InvalidArgument&) {
      return;  // not one of ours
    }
    names.push_back(std::move(name));
  });
  std::sort(names.begin(), names.end());
  return names;
}

StreamInfo stream_info(std::string_view name, const std::string& directory) {
  const StreamPaths paths(name, directory);
  return open_stream(paths, os::File::Access::read_only).describe(paths.name);
}

std::vector<ReaderInfo> stream_readers(std::string_view name, const std::string& directory) {
  const StreamPaths paths(name, directory);
  const StreamFile stream = open_stream(paths, os::File::Access::read_only);
  const auto control = segment::ControlFile::open(paths.control, stream.header().stream_id);
  if (!control) {
    throw PermissionDenied(EACCES, paths.control +
                                       ": cannot look at the readers: no control file of this stream "
                                       "that this user may write");
  }
  return control->readers();
}

void remove_stream(std::string_view name, bool force, const std::string& directory) {
  const StreamPaths paths(name, directory);
  auto file = os::File::open(paths.stream, os::File::Access::read_write);
  if (!file) throw NotFound("there is no stream '" + paths.name + "' in " + paths.directory);
  const bool locked = file->try_lock(layout::writer_lock_offset);
  if (!locked && !force) segment::throw_writer_exists(*file, paths.name);
  try {
    StreamFile stream(std::move(*file), os::File::Access::read_write);
    segment::remove_files(stream, paths);
    if (locked) segment::mark_ended(stream);
  } catch (const BadStream&) {  // whatever it is, its name says that it was to be a stream
    ::unlink(paths.control.c_str());
    ::unlink(paths.stream.c_str());
    paths.remove_empty_directories();
  }
}

std::vector<std::string> collect_garbage(const GarbageOptions& options, const std::string& directory) {
  const std::string base = directory.empty() ? default_directory() : directory;
  std::vector<std::string> removed;
  for (const std::string& name : list_streams(base)) {
    try {
      if (collect_stream(name, options, base)) removed.push_back(name);
    } catch (const Error&) {  // not ours to remove, or damaged: `shm rm` is for those
    }
  }
  std::vector<fs::path> debris;
  each_file(base, [&](const fs::path& path) {
    if (is_debris(path)) debris.push_back(path);
  });
  for (const fs::path& path : debris) {
    std::error_code error;
    if (options.dry_run || fs::remove(path, error)) removed.push_back(path.lexically_relative(base).string());
  }
  return removed;
}

}  // namespace shm
