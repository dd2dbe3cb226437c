// SPDX-License-Identifier: Apache-2.0

// Back-pressure on the writer of a lossless stream. Before items that lossless readers have not released become
// unreadable, the writer asks here. If a reader holds it back, it waits, fails or drops, as LosslessOptions choose. One
// thread at a time: the writer's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "shm/base/index_range.hpp"
#include "shm/ring/backpressure.hpp"
#include "shm/storage/stream_options.hpp"
#include "storage/owned_stream.hpp"

namespace shm {

class BackpressureGate {
 public:
  /// `released`: items below it are unreadable already. The stream must outlive it.
  BackpressureGate(storage::OwnedStream& stream, const LosslessOptions& options, Index released);
  ~BackpressureGate();
  BackpressureGate(const BackpressureGate&) = delete;
  BackpressureGate& operator=(const BackpressureGate&) = delete;

  /// Items below it may become unreadable without a call of admit().
  [[nodiscard]] Index granted() const noexcept { return backpressure_.granted(); }

  /// May `items` more be appended after `inserted`, so that those below `below` become unreadable? False: no, and they
  /// are counted as dropped. REQUIRES: below <= inserted. @throws RingFull, Interrupted.
  [[nodiscard]] bool admit(std::uint64_t items, Index below, Index inserted);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool wait(Index below, Index inserted);
  [[nodiscard]] bool spin(Index below, Index inserted, Clock::time_point until);
  void release_dead(Index below);
  [[nodiscard]] std::optional<ring::LosslessReader> furthest_behind() const;
  [[noreturn]] void throw_full(std::uint64_t items) const;

  storage::OwnedStream* stream_;
  LosslessOptions options_;
  ring::Backpressure backpressure_;
  Clock::time_point look_at_locks_again_ = {};
  bool is_held_back_ = false;
};

}  // namespace shm
