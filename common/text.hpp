// SPDX-License-Identifier: Apache-2.0

// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace shm::programs {

[[nodiscard]] std::string bytes_text(std::uint64_t bytes);      ///< "1.9 MB"
[[nodiscard]] std::string number_text(double number);           ///< "48.0 k"
[[nodiscard]] std::string duration_text(double seconds);        ///< "20.8 us", "1.50 h"
[[nodiscard]] std::string clock_text(double seconds);           ///< "01:02:03"
[[nodiscard]] std::string time_text(std::int64_t realtime_ns);  ///< "2024-05-01 12:00:00" in local time
[[nodiscard]] std::string count_text(std::uint64_t n, const char* one);  ///< "1 frame", "3 frames"

/// The text with '?' for control characters: the texts of a stream must not control the terminal that
/// shows them.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace shm::programs
