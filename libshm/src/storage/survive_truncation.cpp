// SPDX-License-Identifier: Apache-2.0
#include "shm/storage/survive_truncation.hpp"

#include "os/sigbus_guard.hpp"

namespace shm {

void survive_truncation() { os::install_replacing_handler(); }

}  // namespace shm
