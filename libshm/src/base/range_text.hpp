// SPDX-License-Identifier: Apache-2.0

// Ranges of items as error texts show them.
#pragma once

#include <string>

#include "shm/base/index_range.hpp"

namespace shm {

/// "10:20": as a slice is written.
[[nodiscard]] inline std::string range_text(IndexRange range) {
  return std::to_string(range.begin) + ":" + std::to_string(range.end);
}

}  // namespace shm
