// SPDX-License-Identifier: Apache-2.0
#include "shm/version.hpp"

namespace shm {

Version library_version() noexcept { return version; }

}  // namespace shm
