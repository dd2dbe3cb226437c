// SPDX-License-Identifier: Apache-2.0

// The marks that a worker stores on the board, and its checks, before, while and after it is the writer of a stream.
#pragma once

#include <cstdint>
#include <exception>

#include "pen.hpp"
#include "shm/storage/stream_options.hpp"
#include "worker.hpp"

namespace shm::chaos {

/// Lives from before the writer is made until after it is destroyed.
class Claim {
 public:
  explicit Claim(Worker& worker);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// Returns the options of this writer's stream.
  [[nodiscard]] static StreamOptions wanted(Worker& worker);

  void refused(const std::exception& error) const;  ///< WriterExists: checks that there was another writer
  void no_room(const std::exception& error) const;  ///< NoSpace: checks that the file system is full
  void granted() const;                             ///< the writer was made: checks that there is no other
  /// Returns whether the name belongs to another file now than before the writer was made.
  [[nodiscard]] bool has_another_file() const;
  /// Stores that the writer is about to close (for good: the stream ends), or that another worker will close it.
  void ends(Pen& pen, bool for_good) const;
  void closed() const;  ///< checks that no file is left
  /// Closes the stream for good, or detaches from it: as often as its kind gives.
  void give_up(Pen& pen, RawWriter& out) const;
  [[nodiscard]] const Removals& removals_before() const { return removals_; }

 private:
  Worker& worker_;
  Removals removals_;
  std::uint64_t comings_ = 0;
  std::uint64_t file_ = 0;  // inode at the name; 0: no file
  std::uint32_t room_turns_ = 0;
  bool others_ = false;
};

}  // namespace shm::chaos
