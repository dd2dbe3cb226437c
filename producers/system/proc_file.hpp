// SPDX-License-Identifier: Apache-2.0

// A file of /proc, read whole, with the time of the reading.
#pragma once

#include <cstdint>
#include <string>

namespace shm::programs {

/// CLOCK_MONOTONIC.
[[nodiscard]] std::int64_t monotonic_ns();

struct ProcReading {
  std::string text;
  std::int64_t time_ns = 0;  ///< CLOCK_MONOTONIC when all was read
};

/// Opens it anew each time: a replaced file is noticed. Never waits: a pipe without a writer is empty.
/// @throws std::runtime_error  a sentence that names the file.
[[nodiscard]] ProcReading read_proc_file(const std::string& path);

}  // namespace shm::programs
