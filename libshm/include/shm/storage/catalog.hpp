// SPDX-License-Identifier: Apache-2.0

// The streams of a directory: listing and describing them, evicting their readers, removing streams that are
// not needed. There is no registry: the files are the only record.
//
//   for (const std::string& stream : shm::list_streams()) {
//     use(stream, shm::stream_info(stream).items.inserted);
//   }
//   shm::evict_readers("lab/mic", [](const shm::ReaderInfo& attached) { return attached.holds_back; });
//   shm::collect_garbage();
//
// All functions may be called by any thread and any process, while writers write and readers read.
// `directory`: the directory of the streams; empty: default_directory(). Each throws InvalidArgument for a
// text that cannot be the name of a stream.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/storage/default_directory.hpp"
#include "shm/storage/stream_info.hpp"

namespace shm {

/// Names of all streams, sorted. A directory that does not exist has no streams.
/// @throws SystemError  the directory cannot be read.
[[nodiscard]] SHM_API std::vector<std::string> list_streams(const std::string& directory = {});

/// @throws NotFound, BadStream, PermissionDenied, InvalidArgument.
[[nodiscard]] SHM_API StreamInfo stream_info(std::string_view name, const std::string& directory = {});

/// The readers that are attached and listed.
/// @throws  as stream_info; PermissionDenied  this user may not write the control file.
[[nodiscard]] SHM_API std::vector<ReaderInfo> stream_readers(std::string_view name,
                                                             const std::string& directory = {});

/// Evicts those lossless readers for which `which` is true: they hold the writer back no longer, and their next
/// read returns Status::evicted. Returns the evicted readers as they were before.
/// @throws  as stream_info; PermissionDenied  another user owns the stream; NotFound  there is no control file.
SHM_API std::vector<ReaderInfo> evict_readers(std::string_view name,
                                              const std::function<bool(const ReaderInfo&)>& which,
                                              const std::string& directory = {});

/// Removes the stream's files. Attached readers keep what they mapped and see the end.
/// @throws NotFound, PermissionDenied; WriterExists  it is being written, unless `force`.
SHM_API void remove_stream(std::string_view name, bool force = false, const std::string& directory = {});

struct GarbageOptions {
  bool persistent = false;  ///< also streams that were made persistent
  bool dry_run = false;     ///< remove nothing, return what would be removed
};

/// Removes streams that have neither a writer nor a reader, and unfinished files of creators that died.
/// Returns the names of the removed streams. Streams that this user may not remove are left out.
SHM_API std::vector<std::string> collect_garbage(const GarbageOptions& options = {},
                                                 const std::string& directory = {});

}  // namespace shm
