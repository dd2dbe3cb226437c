// SPDX-License-Identifier: Apache-2.0

// Files that are not needed any more, and streams that cannot be read.
#pragma once

#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

/// What `shm gc` would take: streams whose writer died and that have no readers, and what a creator left that
/// died half way.
[[nodiscard]] Finding check_leftovers(const std::string& directory);
/// One for each that is damaged, or that readers refuse; else one with their number.
[[nodiscard]] Findings check_streams(const std::string& directory);

}  // namespace shm::programs
