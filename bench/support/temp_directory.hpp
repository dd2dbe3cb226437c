// SPDX-License-Identifier: Apache-2.0

// A directory for the streams of one run, in memory (/dev/shm), named to libshm by LIBSHM_DIR and removed at
// the end, also when the run is interrupted: SIGINT, SIGTERM and SIGHUP are taken by a thread that only waits
// for them.
//
// Make one at the start of main(), before other threads and processes: they inherit that the signals are
// held.
#pragma once

#include <filesystem>

namespace shm::bench {

class TempDirectory {
 public:
  /// @throws std::system_error
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace shm::bench
