// SPDX-License-Identifier: Apache-2.0
#include "common/source_entry.hpp"

#include "common/program.hpp"

namespace shm::programs {

void SourceEntry::try_enter() {
  tried_ = std::chrono::steady_clock::now();
  // Without a producer, enter() would time out. poll() enters as soon as there is one again.
  if (reader_->writer_state() == shm::WriterState::lost) return;
  if (!reader_->is_listed()) {
    possible_ = false;
    notice("not listed as a reader (no permission, or too many): its source is not asked to run");
    return;
  }
  try {
    reader_->enter();
  } catch (const shm::Ended&) {
    possible_ = false;  // items that are there can still be read
  } catch (const shm::TimedOut&) {
    if (reader_->writer_state() != shm::WriterState::lost) throw;  // it died meanwhile: later, then
  }
}

void SourceEntry::poll() {
  if (!possible_ || reader_->is_entered()) return;
  if (std::chrono::steady_clock::now() - tried_ < std::chrono::milliseconds(200)) return;
  try_enter();
}

}  // namespace shm::programs
