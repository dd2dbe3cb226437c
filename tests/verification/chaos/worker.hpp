// SPDX-License-Identifier: Apache-2.0

// A worker: one process with one role on one stream. It ends after its lifetime, by order of the director, or by a
// kill.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "board.hpp"
#include "stepped_clock.hpp"
#include "stream_kind.hpp"

namespace shm::chaos {

/// The start parameters of a worker.
struct WorkerOrders {
  std::string role;
  std::size_t stream = 0;
  std::size_t slot = 0;
  std::uint64_t seed = 0;
  std::int64_t clock_offset_ns = 0;  ///< of its monotonic clocks
  bool no_membarrier = false;
};

class Worker {
 public:
  Worker(Board& board, const WorkerOrders& orders);

  [[nodiscard]] Board& board() const { return board_; }
  [[nodiscard]] WorkerSlot& slot() const { return slot_; }
  [[nodiscard]] const StreamKind& kind() const { return kind_; }
  [[nodiscard]] StreamTruth& truth() const { return board_.streams[kind_.number()]; }
  /// Returns the number of its stream as slots store it.
  [[nodiscard]] std::int32_t stream_mark() const { return static_cast<std::int32_t>(kind_.number()) + 1; }

  /// Returns whether to go on. It is also a sign of life: a worker that does not call it for long is taken to hang.
  [[nodiscard]] bool goes_on();
  /// Shortens its life, so that the run covers the ways to end, too.
  void live_for(std::chrono::milliseconds most);

  void count(Count what, std::uint64_t by = 1) {
    auto& counted = slot_.counted[static_cast<std::size_t>(what)];
    // Only this worker writes it: no locked instruction is needed.
    counted.store(counted.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  /// Reports a state that must never be.
  void violation(std::string_view what) const;

  /// Stores the duration of a late wake, and the part of it for which the thread waited for a processor.
  void note_late(std::int64_t ns, std::int64_t delayed_ns) const;

  [[nodiscard]] std::uint64_t random(std::uint64_t below);  ///< 0 to below - 1
  [[nodiscard]] bool chance(int of_100) { return random(100) < static_cast<std::uint64_t>(of_100); }
  void rest(std::chrono::microseconds most);  ///< for a random time up to it

 private:
  Board& board_;
  WorkerSlot& slot_;
  const StreamKind& kind_;
  std::mt19937_64 random_;
  std::int64_t end_;
};

}  // namespace shm::chaos
