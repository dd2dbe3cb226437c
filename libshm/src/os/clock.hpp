// SPDX-License-Identifier: Apache-2.0

// Clocks in nanoseconds.
#pragma once

#include <time.h>

#include <cstdint>

namespace shm::os {

[[nodiscard]] std::int64_t now_ns(::clockid_t clock) noexcept;

/// CLOCK_REALTIME minus `clock`: the closest of three readings.
[[nodiscard]] std::int64_t realtime_minus(::clockid_t clock) noexcept;

}  // namespace shm::os
