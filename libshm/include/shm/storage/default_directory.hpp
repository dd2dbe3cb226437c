// SPDX-License-Identifier: Apache-2.0

// Where streams live, unless an option names another directory.
//
//   std::puts(shm::default_directory().c_str());  // /dev/shm/libshm
//
// Reads the environment: any thread may call it while no other thread changes the environment.
#pragma once

#include <string>

#include "shm/base/export.hpp"

namespace shm {

/// $LIBSHM_DIR, else /dev/shm/libshm. A program with more rights than its caller (set-user-ID) ignores the variable.
[[nodiscard]] SHM_API std::string default_directory();

}  // namespace shm
