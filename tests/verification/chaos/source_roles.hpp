// SPDX-License-Identifier: Apache-2.0

// Writers with a source that runs while readers are entered: with a Demand, as in a daemon, and with a Source object.
#pragma once

#include "role.hpp"

namespace shm::chaos {

struct SourceDaemon : FreeRole {
  void run(Worker& worker) override;
};

struct SourceObject : FreeRole {
  void run(Worker& worker) override;
};

}  // namespace shm::chaos
