// SPDX-License-Identifier: Apache-2.0

// Columns of text, as wide as their widest entry.
#pragma once

#include <string>
#include <vector>

#include "common/output.hpp"

namespace shm::programs {

struct Column {
  std::string title;
  bool right = false;  ///< aligned to the right, as numbers are
};

/// Rows may be shorter than the columns. The last entry of a row is not padded.
void print_table(Output::Buffer& out, const std::vector<Column>& columns,
                 const std::vector<std::vector<std::string>>& rows);

}  // namespace shm::programs
