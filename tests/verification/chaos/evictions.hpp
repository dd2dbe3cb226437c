// SPDX-License-Identifier: Apache-2.0

// The evictions of readers, as the board has them.
#pragma once

#include <cstdint>

#include "worker.hpp"

namespace shm::chaos {

/// Stores on the board that this worker evicts readers of its stream.
class EvictingMark {
 public:
  explicit EvictingMark(Worker& worker) : worker_(worker) {
    worker.slot().evicting.store(worker.stream_mark());
  }
  ~EvictingMark() {
    worker_.truth().evictions.fetch_add(1);
    worker_.slot().evicting.store(0);
  }
  EvictingMark(const EvictingMark&) = delete;
  EvictingMark& operator=(const EvictingMark&) = delete;

 private:
  Worker& worker_;
};

/// Returns whether a worker may have evicted readers since the board had this count of evictions.
[[nodiscard]] inline bool may_be_evicted(const Worker& worker, std::uint64_t evictions_before) {
  // Look at the current evictors first: an evictor that finishes after that is counted.
  for (const WorkerSlot& slot : worker.board().slots) {
    if (slot.evicting.load() == worker.stream_mark()) return true;
  }
  return worker.truth().evictions.load() != evictions_before;
}

}  // namespace shm::chaos
