// SPDX-License-Identifier: Apache-2.0

// Lossless streams: writers that are held back, readers that must lose nothing, and who evicts them.
#pragma once

#include <cstdint>

#include "role.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {

/// Appends in every way; where it is held back it waits a while, fails or drops, as this writer was made.
struct LosslessAppends : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;

 private:
  void note_held_back(Worker& worker, const RingFull& full);
  std::int32_t dead_ = 0;        // process that was named and is gone; 0: none
  std::int64_t dead_since_ = 0;  // when that was seen first
  std::uint32_t stops_ = 0;
};

/// Follows in every way, acknowledging with its reads or explicitly, and stalls now and then. Unless it is
/// evicted it gets every item from where it registered.
struct LosslessReader : ReaderRole {
  [[nodiscard]] ReaderOptions options(Worker& worker) override;
  void read(Worker& worker, CheckedReader& reader) override;

 private:
  std::uint64_t evictions_before_ = 0;
};

/// Evicts those that hold their writer back, or any.
struct Evictor : FreeRole {
  void run(Worker& worker) override;
};

}  // namespace shm::chaos
