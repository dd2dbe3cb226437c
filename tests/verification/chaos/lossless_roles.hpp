// SPDX-License-Identifier: Apache-2.0

// Lossless streams: writers that are held back, readers that must lose nothing, and workers that evict readers.
#pragma once

#include <cstdint>

#include "role.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {

/// Appends in every way. If it is held back, then it waits a while, fails or drops, depending on its options.
struct LosslessAppends : WriterRole {
  void append(Worker& worker, RawWriter& out, Pen& pen) override;

 private:
  void note_held_back(Worker& worker, const RingFull& full);
  std::int32_t dead_ = 0;        // process that was named but has ended; 0: no process
  std::int64_t dead_since_ = 0;  // time when this was seen first
  std::uint32_t stops_ = 0;
};

/// Follows in every way, acknowledges with its reads or explicitly, and sometimes stalls. Unless it is evicted, it
/// must get every item since it registered.
struct LosslessReader : ReaderRole {
  [[nodiscard]] ReaderOptions options(Worker& worker) override;
  void read(Worker& worker, CheckedReader& reader) override;

 private:
  std::uint64_t evictions_before_ = 0;
};

/// Evicts the readers that hold their writer back, or any readers.
struct Evictor : FreeRole {
  void run(Worker& worker) override;
};

}  // namespace shm::chaos
