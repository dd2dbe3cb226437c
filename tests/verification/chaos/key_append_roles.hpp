// SPDX-License-Identifier: Apache-2.0

// Ways to append to streams with keys: one at a time, batches, in place; with keys that stand still, rise by
// random steps, and leap beyond all buckets.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Events: each append is stamped with a key of its own.
struct StampedAppends : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Each item carries its own key.
struct KeysInItems : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

}  // namespace shm::chaos
