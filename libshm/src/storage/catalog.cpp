// SPDX-License-Identifier: Apache-2.0
#include "shm/storage/catalog.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>

#include "os/system_error.hpp"
#include "os/user.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/backpressure.hpp"
#include "storage/access_check.hpp"
#include "storage/control_file.hpp"
#include "storage/owned_stream.hpp"
#include "storage/stream_fields.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_name.hpp"

namespace shm {
namespace {

using storage::StreamFile;
using storage::StreamPaths;

os::File open_file(const StreamPaths& paths, os::File::Access access) {
  std::optional<os::File> file;
  const std::optional<os::Directory> parent = paths.find_parent();
  if (parent) file = storage::open_stream_file(*parent, paths.stream_file, access);
  if (!file) throw NotFound("there is no stream '" + paths.name + "' in " + paths.directory);
  return std::move(*file);
}

StreamFile open_stream(const StreamPaths& paths, os::File::Access access) {
  os::File file = open_file(paths, access);
  storage::check_to_read(file);
  return {std::move(file), access};
}

/// Visits every regular file below the directory that can be part of a stream; `below` is its path relative to the
/// start of the walk. Links are not followed; directories that this user may not enter are skipped.
using Visit = std::function<void(const os::Directory&, const std::string& file, const std::string& below)>;
void each_file(const os::Directory& directory, const std::string& prefix, const Visit& visit) {
  for (const std::string& name : directory.names()) {
    const std::string below = prefix + name;
    try {
      const std::optional<struct ::stat> there = directory.look(name);
      if (there && S_ISREG(there->st_mode)) {
        visit(directory, name, below);
      } else if (there && S_ISDIR(there->st_mode) && storage::is_name(below)) {  // is_name bounds the depth
        if (const auto deeper = directory.open_below(name)) each_file(*deeper, below + "/", visit);
      }
    } catch (const SystemError&) {  // not permitted, or removed meanwhile
    }
  }
}

void each_file(const std::string& directory, const Visit& visit) {
  if (const auto root = storage::open_root(directory)) each_file(*root, "", visit);
}

std::string base_of(const std::string& directory) {
  return directory.empty() ? default_directory() : directory;
}

/// Readers that hold a slot.
bool has_readers(const StreamPaths& paths, const StreamFile& stream) {
  const auto control = storage::ControlFile::open(stream.file().directory(), paths.control_file, stream);
  return control && control->file().is_locked(storage::ControlFile::slot_offset(0),
                                              layout::reader_slots * sizeof(layout::ReaderSlot));
}

bool collect_stream(const std::string& name, const GarbageOptions& options, const std::string& directory) {
  const StreamPaths paths(name, directory);
  StreamFile stream = open_stream(paths, os::File::Access::read_write);
  if (stream.is_persistent() && !options.persistent) return false;
  if (stream.writer_state() == WriterState::live || has_readers(paths, stream)) return false;
  if (options.dry_run) return true;
  // While this process holds the writer's lock, no other one creates, takes over or removes the stream.
  if (!stream.file().try_lock(layout::writer_lock_offset) || !stream.file().is_at_its_path()) return false;
  storage::remove_files(stream, paths);
  storage::mark_ended(stream);
  return true;
}

/// Whether the file is older than the longest creation of a stream.
bool is_old(const struct ::stat& file) {
  constexpr ::time_t minute = 60;
  return file.st_mtime <= ::time(nullptr) - minute;  // st_mtime may be any number: do not subtract from it
}

/// Whether a creation that was cut short left the file: a temporary file, or a control file without a stream.
bool is_debris(const os::Directory& directory, const std::string& file) {
  if (file.starts_with(os::temporary_prefix)) return true;
  if (!file.ends_with(storage::control_suffix)) return false;
  const std::string name = file.substr(0, file.size() - storage::control_suffix.size());
  return !directory.look(name + std::string(storage::stream_suffix));
}

/// Removes debris, and old empty directories of this user. The kernel keeps directories that are not empty.
void collect_debris(const os::Directory& directory, const std::string& prefix, bool dry_run,
                    std::vector<std::string>& removed) {
  for (const std::string& name : directory.names()) {
    try {
      const std::optional<struct ::stat> there = directory.look(name);
      if (!there) continue;
      if (S_ISREG(there->st_mode) && is_old(*there) && is_debris(directory, name)) {
        if (dry_run || directory.remove(name)) removed.push_back(prefix + name);
      } else if (S_ISDIR(there->st_mode) && storage::is_name(prefix + name)) {
        if (const auto deeper = directory.open_below(name)) {
          collect_debris(*deeper, prefix + name + "/", dry_run, removed);
        }
        if (there->st_uid == ::geteuid() && is_old(*there) && !dry_run) directory.remove_below(name);
      }
    } catch (const SystemError&) {  // not permitted, or removed meanwhile
    }
  }
}

}  // namespace

std::vector<std::string> list_streams(const std::string& directory) {
  std::vector<std::string> names;
  each_file(base_of(directory), [&](const os::Directory&, const std::string&, const std::string& below) {
    if (!below.ends_with(storage::stream_suffix)) return;
    std::string name = below.substr(0, below.size() - storage::stream_suffix.size());
    if (storage::is_name(name)) names.push_back(std::move(name));  // otherwise it is not a stream
  });
  std::sort(names.begin(), names.end());
  return names;
}

StreamInfo stream_info(std::string_view name, const std::string& directory) {
  const StreamPaths paths(name, directory);
  return storage::describe(open_stream(paths, os::File::Access::read_only), paths.name);
}

std::vector<ReaderInfo> stream_readers(std::string_view name, const std::string& directory) {
  const StreamPaths paths(name, directory);
  const StreamFile stream = open_stream(paths, os::File::Access::read_only);
  const auto control = storage::ControlFile::open(stream.file().directory(), paths.control_file, stream);
  if (!control) {
    throw PermissionDenied(EACCES, paths.control +
                                       ": cannot look at the readers: no control file of this stream "
                                       "that this user may write");
  }
  return control->readers(stream.live());
}

std::vector<ReaderInfo> evict_readers(std::string_view name,
                                      const std::function<bool(const ReaderInfo&)>& which,
                                      const std::string& directory) {
  const StreamPaths paths(name, directory);
  const StreamFile stream = open_stream(paths, os::File::Access::read_only);
  const ::uid_t owner = stream.file().status().st_uid;
  if (owner != ::geteuid() && ::geteuid() != 0) {
    throw PermissionDenied(
        EPERM, paths.stream + ": only its owner, user " + os::user_text(owner) + ", may evict its readers");
  }
  auto control = storage::ControlFile::open(stream.file().directory(), paths.control_file, stream);
  if (!control) throw NotFound(paths.control + ": no control file of this stream: it lists no readers");
  std::vector<ReaderInfo> evicted;
  for (std::size_t i = 0; i < layout::reader_slots; ++i) {
    // Read the word first: a later reader in the same slot has another word.
    const std::uint32_t word = control->slot(i).lossless.load(std::memory_order_acquire);
    if (!ring::is_lossless(word) || !control->is_slot_live(i)) continue;
    ReaderInfo reader = control->reader(i, stream.live());
    if (which(reader) && control->release(i, word)) evicted.push_back(std::move(reader));
  }
  return evicted;
}

void remove_stream(std::string_view name, bool force, const std::string& directory) {
  const StreamPaths paths(name, directory);
  os::File file = open_file(paths, os::File::Access::read_write);
  const bool locked = file.try_lock(layout::writer_lock_offset);
  // A read lock that only keeps writers out (a hostile reader's) does not prevent the removal.
  const bool is_written = !locked && !file.is_kept_from_writers(layout::writer_lock_offset);
  if (is_written && !force) storage::throw_writer_exists(file, paths.name);
  const os::Directory parent = file.directory();
  try {
    storage::check_to_read(file);
    StreamFile stream(std::move(file), os::File::Access::read_write);
    storage::remove_files(stream, paths);
    if (stream.file().is_at_its_path()) {
      throw SystemError(EACCES,
                        paths.stream + ": cannot remove it: its directory is not this user's to change");
    }
    if (locked) storage::mark_ended(stream);
    return;
  } catch (const BadStream&) {         // damaged, but named as a stream: remove it
  } catch (const PermissionDenied&) {  // others may write it, or link it: remove only the name
  }
  parent.remove(paths.control_file);
  if (!parent.remove(paths.stream_file)) os::throw_system_error(errno, paths.stream, "remove it");
  paths.remove_empty_directories(StreamPaths::Whose::anybodys);
}

std::vector<std::string> collect_garbage(const GarbageOptions& options, const std::string& directory) {
  const std::string base = base_of(directory);
  std::vector<std::string> removed;
  for (const std::string& name : list_streams(base)) {
    try {
      if (collect_stream(name, options, base)) removed.push_back(name);
    } catch (const Error&) {  // not permitted, or damaged: `shm rm` removes those
    }
  }
  if (const auto root = storage::open_root(base)) collect_debris(*root, "", options.dry_run, removed);
  return removed;
}

}  // namespace shm
