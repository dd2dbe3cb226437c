// SPDX-License-Identifier: Apache-2.0

// The streams of a directory: what exists, who reads, and removing what nobody needs. There is no registry:
// the files are the truth.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm {

/// $LIBSHM_DIR, else /dev/shm/libshm.
[[nodiscard]] SHM_API std::string default_directory();

/// Names of all streams, sorted. A directory that does not exist holds none. Empty directory:
/// default_directory().
/// @throws SystemError  the directory cannot be read.
[[nodiscard]] SHM_API std::vector<std::string> list_streams(const std::string& directory = {});

/// @throws NotFound, BadStream, PermissionDenied, InvalidArgument.
[[nodiscard]] SHM_API StreamInfo stream_info(std::string_view name, const std::string& directory = {});

/// The readers that are attached and listed. @throws as stream_info; without access to the control file:
/// PermissionDenied.
[[nodiscard]] SHM_API std::vector<ReaderInfo> stream_readers(std::string_view name,
                                                             const std::string& directory = {});

/// Evicts those lossless readers that `which` picks: they hold the writer back no longer, and their next read
/// tells them (Status::evicted). Gives them as they were.
/// @throws as stream_info; PermissionDenied  the stream is another user's; NotFound  no control file.
SHM_API std::vector<ReaderInfo> evict_readers(std::string_view name,
                                              const std::function<bool(const ReaderInfo&)>& which,
                                              const std::string& directory = {});

/// Removes the stream's files. Attached readers keep what they mapped and see the end.
/// @throws NotFound, PermissionDenied; WriterExists if it is being written, unless `force`.
SHM_API void remove_stream(std::string_view name, bool force = false, const std::string& directory = {});

struct GarbageOptions {
  bool persistent = false;  ///< also streams that were made persistent
  bool dry_run = false;     ///< only say what would go
};

/// Removes streams that nobody writes and nobody reads, and what a creator left that died half way.
/// Gives the names. Streams of others that may not be removed are passed over.
SHM_API std::vector<std::string> collect_garbage(const GarbageOptions& options = {},
                                                 const std::string& directory = {});

}  // namespace shm
