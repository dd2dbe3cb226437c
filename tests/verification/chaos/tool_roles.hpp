// SPDX-License-Identifier: Apache-2.0

// The roles of tools: list, inspect, collect garbage, remove; and audits of the streams when no other worker lives.
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

/// After all workers were killed: checks that the stream has no writer, no readers, and all of its items.
struct Auditor : FreeRole {
  void run(Worker& worker) override;
};

/// At the end: collects all streams, also persistent ones, and the rests of creations.
struct Sweeper : FreeRole {
  void run(Worker& worker) override;
};

}  // namespace shm::chaos
