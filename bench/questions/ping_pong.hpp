// SPDX-License-Identifier: Apache-2.0

// A message to and fro between two processes, halved.
#pragma once

#include <optional>

#include "questions/run.hpp"

namespace shm::bench {

struct OneWay {
  double p50_ns = 0;
  double p99_ns = 0;
  double line_ns = 0;  ///< of the bare line, meanwhile
  Moment moment;
};

/// One measurement. nullopt: the processors moved meanwhile.
[[nodiscard]] std::optional<OneWay> ping_pong(Run& run, const Case& of, Channel channel,
                                              const Implementation& implementation, int round);

}  // namespace shm::bench
