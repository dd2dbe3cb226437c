// SPDX-License-Identifier: Apache-2.0

// Files that nobody needs any more, and streams that cannot be read.
#pragma once

#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::consumers {

/// What `shm gc` would take: streams whose writer died and that nobody reads, and what a creator left that
/// died half way.
[[nodiscard]] Finding check_leftovers(const std::string& directory);
/// One for each that is damaged, or that readers refuse; else one that tells how many there are.
[[nodiscard]] Findings check_streams(const std::string& directory);

}  // namespace shm::consumers
