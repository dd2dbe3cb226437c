// SPDX-License-Identifier: Apache-2.0

// Ways to append. A later kind of append is one more class here.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// One item at a time, of a size that the compiler knows.
struct AppendOne : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// Many at once, also more than fit into one claim.
struct Batches : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// In place: claimed, perhaps again, filled, published in part.
struct Claims : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

/// All of these by turns.
struct Mixed : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;
};

}  // namespace shm::chaos
