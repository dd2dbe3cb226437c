// SPDX-License-Identifier: Apache-2.0

// Whom a writer and a reader believe: the rules of docs/security.md, each as a check that throws a sentence
// that says what, where and what to do.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "os/directory.hpp"
#include "os/file.hpp"

namespace shm::storage {

/// What the writer's user, root, and nobody else can move or replace: a directory of theirs, that others
/// cannot write unless it is sticky.
/// @throws PermissionDenied.
void check_directory(const os::Directory& directory);

/// A file that is to be a stream. nullopt: nothing has this name. What is not a regular file is not even
/// opened.
/// @throws BadStream (not a regular file), SystemError (ELOOP: a symbolic link), PermissionDenied.
[[nodiscard]] std::optional<os::File> open_stream_file(const os::Directory& directory,
                                                       const std::string& name, os::File::Access access);

/// A reader's: one file of one name at most, that nobody but its owner may write; and the owner is `owner`,
/// if given.
/// @throws PermissionDenied, BadStream.
void check_to_read(const os::File& file, std::optional<::uid_t> owner = std::nullopt);
/// A writer's: the same, and the owner is this process's user. @throws as check_to_read.
void check_to_take(const os::File& file);

/// Is it a control file that a stream of this owner may have?
[[nodiscard]] bool is_control_of(const os::File& file, ::uid_t owner);
/// May a writer put its control file here: is the name free, or a file that is its to replace?
/// @throws PermissionDenied, SystemError.
void check_place_of_control(const os::Directory& directory, const std::string& name);

}  // namespace shm::storage
