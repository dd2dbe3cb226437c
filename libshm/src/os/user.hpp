// SPDX-License-Identifier: Apache-2.0

// Users and permissions as text.
#pragma once

#include <sys/types.h>

#include <string>

namespace shm::os {

/// "lab (1000)", or "1000" where the number has no name.
[[nodiscard]] std::string user_text(::uid_t user);
/// "mode 1777"
[[nodiscard]] std::string mode_text(::mode_t mode);

}  // namespace shm::os
