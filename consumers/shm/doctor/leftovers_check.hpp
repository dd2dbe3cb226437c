// SPDX-License-Identifier: Apache-2.0

// Files that are not needed any more, and streams that cannot be read.
#pragma once

#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

/// What `shm gc` would remove: streams whose writer died and that have no readers, and unfinished files of a
/// creator that died.
[[nodiscard]] Finding check_leftovers(const std::string& directory);
/// One finding for each stream that is damaged, or that readers refuse; else one with the number of streams.
[[nodiscard]] Findings check_streams(const std::string& directory);

}  // namespace shm::programs
