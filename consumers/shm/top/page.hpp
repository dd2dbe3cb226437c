// SPDX-License-Identifier: Apache-2.0

// The page of `shm top` for one look at the streams: as lines of text, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "common/json.hpp"
#include "consumers/shm/top/streams_watch.hpp"

namespace shm::programs {

/// A line on all of them, then a table: a row for each stream, and below it one for each of its readers.
[[nodiscard]] std::vector<std::string> page_lines(const Snapshot& snapshot, const std::string& directory);
[[nodiscard]] Json page_json(const Snapshot& snapshot, std::int64_t realtime_ns);

/// As many of the lines as the screen has, each cut to its width; if there are more, the last line counts them.
[[nodiscard]] std::vector<std::string> fitted(std::vector<std::string> lines, std::size_t rows,
                                              std::size_t columns);

}  // namespace shm::programs
