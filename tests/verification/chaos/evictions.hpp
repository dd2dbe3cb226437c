// SPDX-License-Identifier: Apache-2.0

// Who evicts readers, as the board has it.
#pragma once

#include <cstdint>

#include "worker.hpp"

namespace shm::chaos {

/// On the board: this worker evicts readers of its stream.
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

/// Was somebody at work to evict, since there had been so many evictions?
[[nodiscard]] inline bool may_be_evicted(const Worker& worker, std::uint64_t evictions_before) {
  // First who evicts now: who is done since then is counted.
  for (const WorkerSlot& slot : worker.board().slots) {
    if (slot.evicting.load() == worker.stream_mark()) return true;
  }
  return worker.truth().evictions.load() != evictions_before;
}

}  // namespace shm::chaos
