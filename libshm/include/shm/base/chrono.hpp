// SPDX-License-Identifier: Apache-2.0

// The durations, time points and clocks of <chrono>, without its calendar and its texts, which are 8 000 lines
// more. <shared_mutex> has them, since its timed locks take them. A program that needs the rest, or literals
// like 20ms, includes <chrono>.
//
//   std::chrono::nanoseconds short_time = std::chrono::microseconds(20);
//
// Plain values: any thread may use them. Nothing here throws.
#pragma once

#include <shared_mutex>
