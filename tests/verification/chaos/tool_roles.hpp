// SPDX-License-Identifier: Apache-2.0

// What tools do in between: list, inspect, collect garbage, remove; and audits of what is there when nobody
// lives.
#pragma once

#include "role.hpp"

namespace shm::chaos {

struct Lister : FreeRole {
  void run(Worker& worker) override;
};

struct Collector : FreeRole {
  void run(Worker& worker) override;
};

/// Removes its stream by name, also by force.
struct Remover : FreeRole {
  void run(Worker& worker) override;
};

/// When everybody was killed: the stream has neither writer nor readers, and all of its items.
struct Auditor : FreeRole {
  void run(Worker& worker) override;
};

/// At the end: collects everything, persistent or half made.
struct Sweeper : FreeRole {
  void run(Worker& worker) override;
};

}  // namespace shm::chaos
