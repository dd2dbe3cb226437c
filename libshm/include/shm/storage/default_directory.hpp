// SPDX-License-Identifier: Apache-2.0

// The directory of streams, unless an option names another one.
//
//   std::puts(shm::default_directory().c_str());  // /dev/shm/libshm
//
// Reads the environment: any thread may call it while no other thread changes the environment. It throws
// nothing but std::bad_alloc.
#pragma once

#include <string>

#include "shm/base/export.hpp"

namespace shm {

/// $LIBSHM_DIR, else /dev/shm/libshm. A program with more rights than its caller (set-user-ID) ignores the variable.
[[nodiscard]] SHM_API std::string default_directory();

}  // namespace shm
