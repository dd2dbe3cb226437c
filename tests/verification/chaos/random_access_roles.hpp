// SPDX-License-Identifier: Apache-2.0

// Readers that read items by index (slices, views, single items), and that wait for items far ahead.
#pragma once

#include "role.hpp"

namespace shm::chaos {

/// Copies slices of every form.
struct SlicingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Views slices in place.
struct ViewingReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Reads the newest item as often as possible.
struct NewestReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Waits for items some way ahead, and for slices that are not published yet.
struct FarReader : ReaderRole {
  void read(Worker& worker, CheckedReader& reader) override;
};

/// Waits, and is interrupted from another thread.
struct InterruptedReader : ReaderRole {
  [[nodiscard]] ReaderOptions options(Worker& worker) override;
  void read(Worker& worker, CheckedReader& reader) override;

 private:
  Interrupt interrupt_;
};

}  // namespace shm::chaos
