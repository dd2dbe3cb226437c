// SPDX-License-Identifier: Apache-2.0

// Messages sent as fast as they are taken, from one process to another.
#pragma once

#include <optional>

#include "questions/run.hpp"

namespace shm::bench {

struct Poured {
  double bytes_per_second = 0;
  std::uint64_t lost = 0;  ///< messages
  Moment moment;
};

/// One measurement. nullopt: the processors moved meanwhile. @throws std::runtime_error  wrong data arrived.
[[nodiscard]] std::optional<Poured> pour(Run& run, const Case& of, const Channel& channel,
                                         const Implementation& implementation, int round);

}  // namespace shm::bench
