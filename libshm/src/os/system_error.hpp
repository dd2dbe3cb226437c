// SPDX-License-Identifier: Apache-2.0

// From errno to the errors of libshm.
#pragma once

#include <string>

namespace shm::os {

/// Throws "PATH: cannot DOING: REASON" as the class that fits the errno value `error`: PermissionDenied
/// (EACCES, EPERM), NoSpace (ENOSPC, EDQUOT), or SystemError.
[[noreturn]] void throw_system_error(int error, const std::string& path, const std::string& doing);

}  // namespace shm::os
