// SPDX-License-Identifier: Apache-2.0

// From two readings of counters to the rates between them. Pure.
//
// The counters should only count up, but some go backwards: a processor's idle time is corrected, an
// interface is made anew under its old name, 32 bits wrap. The true difference is not known then and counts
// as 0, so that no fraction and no rate is ever negative or absurd.
#pragma once

#include <cstdint>

#include "producers/system/items.hpp"
#include "producers/system/proc_text.hpp"

namespace shm::programs {

/// time_ns is left 0. NaN where nothing was counted: neither idle nor busy would be true.
[[nodiscard]] CpuUse cpu_use(const CpuCounters& before, const CpuCounters& now);

/// time_ns is left 0. An interface that is only in one of the two does not count into the rates: the counters
/// of a new one may be older than the interval. Rates are 0 for an interval of no length.
[[nodiscard]] NetworkTraffic network_traffic(const NetworkCounters& before, const NetworkCounters& now,
                                             std::int64_t interval_ns);

}  // namespace shm::programs
