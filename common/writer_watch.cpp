// SPDX-License-Identifier: Apache-2.0
#include "common/writer_watch.hpp"

#include <fmt/format.h>

namespace shm::programs {

std::string WriterWatch::changed() {
  const shm::StreamInfo info = reader_->info();
  const bool lost = info.writer.state == shm::WriterState::lost;
  // The epoch counts writers: one may have come and gone between two looks.
  if (lost == lost_ && info.writer.epoch == epoch_) return {};
  lost_ = lost;
  epoch_ = info.writer.epoch;
  if (lost) {
    return fmt::format("writer of '{}' lost ({}, process {}), waiting for the next one at item {}", info.name,
                       info.writer.program, info.writer.pid, info.items.inserted);
  }
  if (info.writer.state == shm::WriterState::ended) return {};
  return fmt::format("'{}' has a writer again ({}, process {}), going on at item {}", info.name,
                     info.writer.program, info.writer.pid, reader_->cursor());
}

}  // namespace shm::programs
