// SPDX-License-Identifier: Apache-2.0

// Ways to append. A new kind of append is one more class here.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Appends one item at a time, of a size that is known at compile time.
struct AppendOne : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Appends many items at once, also more than fit into one claim.
struct Batches : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Appends in place: claims (sometimes twice), fills, publishes a part.
struct Claims : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Appends in all of these ways in turn.
struct Mixed : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

}  // namespace shm::chaos
