// SPDX-License-Identifier: Apache-2.0

// Ways to append to streams with keys: single items, batches, in place; with keys that stay the same, rise by random
// steps, and skip beyond all buckets.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Appends events: each append has a stamp with its own key.
struct StampedAppends : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Appends items that contain their own key.
struct KeysInItems : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

}  // namespace shm::chaos
