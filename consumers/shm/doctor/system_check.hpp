// SPDX-License-Identifier: Apache-2.0

// Settings of the machine: which remove files at logout, which make the directory at boot, and which are for
// information. All paths are below `root` ("/" except in tests).
#pragma once

#include <sys/types.h>

#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

/// RemoveIPC of systemd-logind takes all files of a user in /dev/shm when the user logs out.
[[nodiscard]] Finding check_remove_ipc(const std::string& root, const std::string& directory, ::uid_t user);
/// Does systemd-tmpfiles make the directory for all users?
[[nodiscard]] Finding check_tmpfiles(const std::string& root, const std::string& directory);
[[nodiscard]] Finding check_huge_pages(const std::string& root);
[[nodiscard]] Finding check_governor(const std::string& root);

}  // namespace shm::programs
