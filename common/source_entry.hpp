// SPDX-License-Identifier: Apache-2.0

// Enters a stream's source for a program that wants it to run as long as it runs itself, whatever happens to
// the producer: where there is no producer yet, it enters when there is one.
#pragma once

#include <chrono>

#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

class SourceEntry {
 public:
  /// The reader must outlive it. @throws SourceFailed (with the source's message), TimedOut (it does not
  /// start in time), Ended, Interrupted.
  explicit SourceEntry(shm::RawReader& reader) : reader_(&reader) { try_enter(); }
  ~SourceEntry() { reader_->exit(); }
  SourceEntry(const SourceEntry&) = delete;
  SourceEntry& operator=(const SourceEntry&) = delete;

  /// Enters if that could not be done so far. Call it now and then. @throws as the constructor.
  void poll();

 private:
  void try_enter();

  shm::RawReader* reader_;
  bool possible_ = true;
  std::chrono::steady_clock::time_point tried_{};
};

}  // namespace shm::programs
