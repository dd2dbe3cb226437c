// SPDX-License-Identifier: Apache-2.0

// What libshm needs of the kernel and of the file system. Each call is tried, since an old kernel, a
// container's filter and a foreign file system refuse it in their own ways. The results of the calls (an
// errno; 0: it works) and their meaning are apart.
#pragma once

#include <string>

#include "consumers/shm/doctor/finding.hpp"

namespace shm::programs {

[[nodiscard]] int try_futex_waitv() noexcept;
[[nodiscard]] Finding futex_waitv_finding(int error);

[[nodiscard]] int try_membarrier() noexcept;
/// `is_switched_off`: by LIBSHM_NO_MEMBARRIER.
[[nodiscard]] Finding membarrier_finding(int error, bool is_switched_off);

/// The calls that create the file of a stream, tried in the directory; the file has no name or a temporary
/// one. Each is an errno; 0: it works.
struct FileTrial {
  int unnamed = 0;   ///< O_TMPFILE
  int made = 0;      ///< any file
  int allocate = 0;  ///< posix_fallocate
  int lock = 0;      ///< F_OFD_SETLK, and another open file that sees the lock
  int map = 0;
};
[[nodiscard]] FileTrial try_files(const std::string& directory);
[[nodiscard]] Findings file_findings(const FileTrial& trial, const std::string& directory);

}  // namespace shm::programs
