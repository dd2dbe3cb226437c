// SPDX-License-Identifier: Apache-2.0

// Where a run takes place: directories of its own, of which nothing remains, whatever kills the run.
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
  [[nodiscard]] const std::string& files() const { return files_; }      ///< for what programs read and write
  [[nodiscard]] bool is_mounted() const { return mounted_; }

  /// Leaves so many pages of room in the directory of streams. False: it has no file system of its own.
  bool fill(std::uint64_t pages_left);
  void give_room();

  /// What is in the directory of streams, relative to it.
  [[nodiscard]] std::vector<std::string> leftovers() const;
  /// Pages that the directory of streams takes beyond those at the beginning: also of files without a name.
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

/// What runs that could not mount made in /dev/shm, and is there now.
[[nodiscard]] std::vector<std::string> directories_of_runs();

}  // namespace shm::chaos
