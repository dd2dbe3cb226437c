// SPDX-License-Identifier: Apache-2.0

// The rules of docs/security.md on owners, modes and links of files and directories, each as a check. A check that
// fails throws an error whose text names the file, its owner and mode, and a remedy.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "os/directory.hpp"
#include "os/file.hpp"

namespace shm::storage {

/// A writer's directory: it belongs to this user or to root, and others cannot write it unless it is sticky. So no
/// other user can move or replace files in it.
/// @throws PermissionDenied.
void check_directory(const os::Directory& directory);

/// Opens a file that is to be a stream. nullopt: there is no such name. Only a regular file is opened.
/// @throws BadStream (not a regular file), SystemError (ELOOP: a symbolic link), PermissionDenied.
[[nodiscard]] std::optional<os::File> open_stream_file(const os::Directory& directory,
                                                       const std::string& name, os::File::Access access);

/// A reader's file: regular, with one name at most, and only its owner may write it. With `owner`, the owner must
/// be that user.
/// @throws PermissionDenied, BadStream.
void check_to_read(const os::File& file, std::optional<::uid_t> owner = std::nullopt);
/// A writer's file: the same, and this process's user owns it. @throws as check_to_read.
void check_to_take(const os::File& file);

/// Is it a control file that a stream of this owner may have?
[[nodiscard]] bool is_control_of(const os::File& file, ::uid_t owner);
/// May a writer put its control file here: is the name free, or a file that is its to replace?
/// @throws PermissionDenied, SystemError.
void check_place_of_control(const os::Directory& directory, const std::string& name);

}  // namespace shm::storage
