// SPDX-License-Identifier: Apache-2.0

// A file of /proc, read whole, with the moment at which that was done.
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

/// Opens it anew each time: a file that was put in the place of another is noticed. Never waits: a pipe that
/// nobody writes is empty.
/// @throws std::runtime_error  a sentence that names the file.
[[nodiscard]] ProcReading read_proc_file(const std::string& path);

}  // namespace shm::programs
