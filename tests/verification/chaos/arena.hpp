// SPDX-License-Identifier: Apache-2.0

// The directories of a run. Nothing of them remains, even if the run is killed.
//
// Where this process may mount, it takes a mount namespace in which /dev/shm is a file system of its own, and
// the streams' directory another, small one, which can be made full. Nothing of it is ever seen outside, and
// it goes with its last process. Elsewhere it is a directory in /dev/shm that a guardian process removes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shm::chaos {

class Arena {
 public:
  /// Changes this process's namespaces, and sets LIBSHM_DIR. REQUIRES: one thread, before any worker.
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] const std::string& streams() const { return streams_; }  ///< directory of streams
  [[nodiscard]] const std::string& files() const { return files_; }      ///< for the files of programs
  [[nodiscard]] bool is_mounted() const { return mounted_; }

  /// Limits the room in the directory of streams to this number of pages; returns false if it is not a separate file
  /// system.
  bool fill(std::uint64_t pages_left);
  void give_room();

  /// Returns the contents of the directory of streams, relative to it.
  [[nodiscard]] std::vector<std::string> leftovers() const;
  /// Returns the pages that the directory of streams takes beyond those at the beginning, also for files without a
  /// name.
  [[nodiscard]] std::int64_t pages_taken() const;

 private:
  [[nodiscard]] bool mount_own();
  void make_directory();
  [[nodiscard]] std::uint64_t pages_used() const;

  bool mounted_ = false;
  std::string streams_;
  std::string files_;
  std::uint64_t pages_at_first_ = 0;
  ::pid_t guardian_ = -1;
  int guardian_pipe_ = -1;
};

/// Returns the directories in /dev/shm of runs that could not mount.
[[nodiscard]] std::vector<std::string> directories_of_runs();

}  // namespace shm::chaos
