// SPDX-License-Identifier: Apache-2.0

// Reports, once each time, that the writer died and that the next one took over. A reader continues across
// both.
#pragma once

#include <cstdint>
#include <string>

#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

class WriterWatch {
 public:
  explicit WriterWatch(const shm::RawReader& reader) : reader_(&reader), epoch_(reader.info().writer.epoch) {}

  /// Looks at the writer. Returns a sentence if something changed, else an empty text.
  [[nodiscard]] std::string changed();
  /// True if the stream had no writer at the last look.
  [[nodiscard]] bool is_lost() const noexcept { return lost_; }

 private:
  const shm::RawReader* reader_;
  std::uint64_t epoch_;
  bool lost_ = false;
};

}  // namespace shm::programs
