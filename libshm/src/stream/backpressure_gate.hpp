// SPDX-License-Identifier: Apache-2.0

// What stands between a lossless stream's writer and items that its readers have not released: asks whether
// it may go on, and if not waits, fails or drops, as the stream's options say.
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

  /// Items below it may become unreadable without asking.
  [[nodiscard]] Index granted() const noexcept { return hold_back_.granted(); }

  /// May `items` more be appended behind `inserted`, by which those below `below` become unreadable? False:
  /// no, and they are counted as dropped. REQUIRES: below <= inserted. @throws RingFull, Interrupted.
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
  ring::Backpressure hold_back_;
  Clock::time_point look_at_locks_again_ = {};
  bool is_held_back_ = false;
};

}  // namespace shm
