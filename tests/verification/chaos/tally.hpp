// SPDX-License-Identifier: Apache-2.0

// The faults that the director caused. With the board's counts, these are the figures of the report.
#pragma once

#include <array>
#include <cstdint>

#include "role.hpp"

namespace shm::chaos {

struct Tally {
  std::array<std::uint64_t, 4> kills{};  ///< by Post: writers, readers, tools; programs last
  std::uint64_t stops = 0;
  std::uint64_t restarts_of_all = 0;
  std::uint64_t full_rounds = 0;
  std::uint64_t realtime_steps = 0;
  std::uint64_t shifted_workers = 0;   ///< with monotonic clocks of their own
  std::uint64_t fenced_workers = 0;    ///< without membarrier
  std::uint64_t finished_workers = 0;  ///< that ended by themselves
  std::uint64_t program_runs = 0;
  std::uint64_t program_frames = 0;
};
inline constexpr std::size_t killed_program = 3;

}  // namespace shm::chaos
