// SPDX-License-Identifier: Apache-2.0

// How values of the library are printed in the names and messages of tests.
#pragma once

#include <ostream>

#include "shm/base/wait_strategy.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm {

inline void PrintTo(Status status, std::ostream* out) { *out << to_string(status); }

inline void PrintTo(WaitStrategy::Kind strategy, std::ostream* out) {
  *out << (strategy == WaitStrategy::Kind::spin    ? "spin"
           : strategy == WaitStrategy::Kind::sleep ? "sleep"
                                                   : "spin_then_sleep");
}

inline void PrintTo(const IndexRange& range, std::ostream* out) { *out << range.begin << ':' << range.end; }

}  // namespace shm
