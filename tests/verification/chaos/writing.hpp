// SPDX-License-Identifier: Apache-2.0

// What a worker says on the board, and checks, on its way to being the writer of a stream and back.
#pragma once

#include <cstdint>
#include <exception>

#include "pen.hpp"
#include "shm/storage/stream_options.hpp"
#include "worker.hpp"

namespace shm::chaos {

/// From before the writer is made until after it is gone.
class Claim {
 public:
  explicit Claim(Worker& worker);
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// What this writer wants its stream to be like.
  [[nodiscard]] static StreamOptions wanted(Worker& worker);

  void refused(const std::exception& error) const;  ///< WriterExists: was there another?
  void no_room(const std::exception& error) const;  ///< NoSpace: is the file system full?
  void granted() const;                             ///< the writer was made: is there no other?
  /// Has the name another file now than before the writer was made?
  [[nodiscard]] bool has_another_file() const;
  /// The writer is about to close (for good: the stream ends), or to be closed by another's doing.
  void ends(Pen& pen, bool for_good) const;
  void closed() const;  ///< nothing is left?
  /// Closes the stream for good, or leaves it to the next: as often as its kind says.
  void give_up(Pen& pen, RawWriter& out) const;
  [[nodiscard]] const Removals& removals_before() const { return removals_; }

 private:
  Worker& worker_;
  Removals removals_;
  std::uint64_t comings_ = 0;
  std::uint64_t file_ = 0;  // inode at the name; 0: none
  std::uint32_t room_turns_ = 0;
  bool others_ = false;
};

}  // namespace shm::chaos
