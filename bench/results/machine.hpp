// SPDX-License-Identifier: Apache-2.0

// The machine of a run, and the programs that ran.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace shm::bench {

/// "machine", "build" and "clock" of the results.
[[nodiscard]] nlohmann::json describe_machine();
[[nodiscard]] nlohmann::json describe_build();
[[nodiscard]] nlohmann::json describe_clock();

/// Now, in UTC: 2026-11-21T10:00:00Z.
[[nodiscard]] std::string date_and_time();

}  // namespace shm::bench
