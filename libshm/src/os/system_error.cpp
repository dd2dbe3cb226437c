// SPDX-License-Identifier: Apache-2.0
#include "os/system_error.hpp"

#include <cerrno>
#include <cstring>

#include "shm/base/error.hpp"

namespace shm::os {

void throw_system_error(int error, const std::string& path, const std::string& doing) {
  const std::string what = path + ": cannot " + doing + ": " + std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
      throw PermissionDenied(error, what);
    case ENOSPC:
    case EDQUOT:
      throw NoSpace(error, what);
    default:
      throw SystemError(error, what);
  }
}

}  // namespace shm::os
