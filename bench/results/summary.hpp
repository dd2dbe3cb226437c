// SPDX-License-Identifier: Apache-2.0

// The summary of a run on the terminal; the report has more.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace shm::bench {

/// The machine, the rows in which a peer is ahead, the bars, the placements, the failures and the skipped
/// questions.
[[nodiscard]] std::string summary_of(const nlohmann::json& found);

}  // namespace shm::bench
