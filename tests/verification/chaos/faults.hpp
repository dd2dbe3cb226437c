// SPDX-License-Identifier: Apache-2.0

// Faults at random moments. A new kind of fault is one more function here, with its interval.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "arena.hpp"
#include "crew.hpp"
#include "tally.hpp"

namespace shm::chaos {

class Faults {
 public:
  /// `post_of` returns the post of the worker in the slot; killed_program for a program.
  Faults(Crew& crew, Board& board, Arena& arena, Tally& tally, std::uint64_t seed,
         std::function<std::size_t(std::size_t slot)> post_of);

  /// Causes the faults that are due. To be called every few milliseconds.
  void tick(std::int64_t now);
  /// Ends all lasting faults: all workers run, there is room, the clock is right.
  void calm_down();

 private:
  struct Fault {
    std::int64_t interval;  ///< ns, on average
    void (Faults::*strike)(std::int64_t now);
    std::int64_t due = 0;
  };
  struct Stopped {
    std::size_t slot;
    std::uint32_t ticket;
    std::int64_t until;
  };
  void kill_one(std::int64_t now);
  void stop_one(std::int64_t now);
  void step_realtime(std::int64_t now);
  void fill_up(std::int64_t now);
  void make_room();
  [[nodiscard]] std::int64_t random(std::int64_t below);
  [[nodiscard]] std::vector<std::size_t> candidates() const;

  Crew& crew_;
  Board& board_;
  Arena& arena_;
  Tally& tally_;
  std::mt19937_64 random_;
  std::function<std::size_t(std::size_t)> post_of_;
  std::vector<Fault> faults_;
  std::vector<Stopped> stopped_;
  std::int64_t full_until_ = 0;  // 0: there is room
};

}  // namespace shm::chaos
