// SPDX-License-Identifier: Apache-2.0

// Enters the source of a stream and keeps it running as long as the program runs. If there is no producer
// yet, or the producer dies, then it enters as soon as there is one.
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

  /// Enters if that was not possible so far. To be called regularly. @throws as the constructor.
  void poll();

 private:
  void try_enter();

  shm::RawReader* reader_;
  bool possible_ = true;
  std::chrono::steady_clock::time_point tried_{};
};

}  // namespace shm::programs
