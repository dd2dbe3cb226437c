// SPDX-License-Identifier: Apache-2.0
#include "storage/access_check.hpp"

#include <unistd.h>

#include <cerrno>

#include "os/user.hpp"
#include "shm/base/error.hpp"

namespace shm::storage {
namespace {

constexpr ::mode_t writable_by_others = 0022;  // with an access list: the group bit is its mask
constexpr ::mode_t sticky = 01000;

constexpr const char* where_to_go =
    "; set LIBSHM_DIR to a directory of your own, or have root make one for all: "
    "install -d -m 1777 /dev/shm/libshm";

const char* kind_of(::mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "of an unknown kind";
}

bool is_mine(const struct ::stat& status) { return status.st_uid == ::geteuid(); }

}  // namespace

void check_directory(const os::Directory& directory) {
  const struct ::stat status = directory.status();
  const std::string refused = directory.path() + ": will not write streams in this directory: ";
  if (!is_mine(status) && status.st_uid != 0) {
    throw PermissionDenied(EPERM, refused + "it belongs to user " + os::user_text(status.st_uid) + " (" +
                                      os::mode_text(status.st_mode) +
                                      "), who could replace them; only those of user " +
                                      os::user_text(::geteuid()) + " and of root are safe" + where_to_go);
  }
  if ((status.st_mode & writable_by_others) != 0 && (status.st_mode & sticky) == 0) {
    throw PermissionDenied(
        EPERM, refused + "users other than its owner, " + os::user_text(status.st_uid) + ", may write it (" +
                   os::mode_text(status.st_mode) +
                   ") and could replace them; take that from them (chmod go-w) or make it sticky (chmod +t)");
  }
}

std::optional<os::File> open_stream_file(const os::Directory& directory, const std::string& name,
                                         os::File::Access access) {
  // Look before opening, since to open a device has effects. If the file is swapped in between, then StreamFile
  // refuses it.
  const std::optional<struct ::stat> there = directory.look(name);
  if (!there) return std::nullopt;
  const std::string path = directory.path_of(name);
  if (S_ISLNK(there->st_mode)) {
    throw SystemError(ELOOP,
                      path +
                          ": is a symbolic link, which libshm does not follow; remove it, or name the stream "
                          "that it stands for");
  }
  if (!S_ISREG(there->st_mode)) {
    throw BadStream(path + ": not a stream: it is " + kind_of(there->st_mode) +
                    " and not a regular file; remove it, or take another name");
  }
  try {
    return os::File::open(directory, name, access);
  } catch (const PermissionDenied& error) {
    throw PermissionDenied(error.error(), std::string(error.what()) + ": it belongs to user " +
                                              os::user_text(there->st_uid) + " (" +
                                              os::mode_text(there->st_mode) +
                                              "), who can share it (StreamOptions::mode and group)");
  }
}

void check_to_read(const os::File& file, std::optional<::uid_t> owner) {
  const struct ::stat status = file.status();
  if (!S_ISREG(status.st_mode)) throw BadStream(file.path() + ": not a stream: it is not a regular file");
  // Only for a refusal: the name service takes some 60 us to find the name of a user.
  const auto of_owner = [&] { return "its owner, user " + os::user_text(status.st_uid); };
  if (owner && status.st_uid != *owner) {
    throw PermissionDenied(EPERM, file.path() + ": belongs to user " + os::user_text(status.st_uid) +
                                      "; only streams of user " + os::user_text(*owner) +
                                      " are accepted here");
  }
  if (status.st_nlink > 1) {  // 0: unlinked meanwhile
    throw PermissionDenied(EPERM, file.path() + ": has " + std::to_string(status.st_nlink) +
                                      " names (hard links), and a stream has one; " + of_owner() +
                                      ", should remove the others (find -samefile), or the stream");
  }
  if ((status.st_mode & writable_by_others) != 0) {
    throw PermissionDenied(EPERM,
                           file.path() + ": others than " + of_owner() + ", may write it (" +
                               os::mode_text(status.st_mode) +
                               "), so what it holds could be anybody's; remove it (shm rm), or, if you trust "
                               "what it holds, take that from them (chmod go-w)");
  }
}

void check_to_take(const os::File& file) {
  const struct ::stat status = file.status();
  if (S_ISREG(status.st_mode) && !is_mine(status)) {
    throw PermissionDenied(
        EPERM, file.path() + ": belongs to user " + os::user_text(status.st_uid) +
                   ", and only that user may write it; take another name, or have it removed: shm rm");
  }
  check_to_read(file);
}

bool is_control_of(const os::File& file, ::uid_t owner) {
  const struct ::stat status = file.status();
  return S_ISREG(status.st_mode) && status.st_uid == owner && status.st_nlink <= 1;
}

void check_place_of_control(const os::Directory& directory, const std::string& name) {
  const std::optional<struct ::stat> there = directory.look(name);
  if (!there) return;
  const std::string path = directory.path_of(name);
  if (S_ISDIR(there->st_mode)) {
    throw SystemError(EISDIR,
                      path +
                          ": a directory is where the control file has to be; remove it, or take another "
                          "name for the stream");
  }
  const struct ::stat around = directory.status();
  const bool replaceable =
      is_mine(*there) || is_mine(around) || (around.st_mode & sticky) == 0 || ::geteuid() == 0;
  if (!replaceable) {
    throw PermissionDenied(
        EPERM, path + ": belongs to user " + os::user_text(there->st_uid) +
                   " and is where the control file has to be; have it removed, or take another name "
                   "for the stream");
  }
}

}  // namespace shm::storage
