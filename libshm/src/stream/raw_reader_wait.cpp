// SPDX-License-Identifier: Apache-2.0

// Waiting for one reader: a set of one.
#include <functional>
#include <string>

#include "shm/base/error.hpp"
#include "shm/stream/raw_reader.hpp"
#include "stream/wait_targets.hpp"

namespace shm {

/// If no index is left for so many items (damaged counters took the cursor there, or a caller did), then they will
/// never come: waiting for an index that wrapped around would not wait at all.
Index RawReader::count_after_cursor(std::uint64_t items) const {
  if (items > UINT64_MAX - cursor()) {
    throw BadStream("stream '" + name() + "': no item can follow index " + std::to_string(cursor()) +
                    ": the stream's counters are damaged, or the reader was sent there");
  }
  return cursor() + items;
}

Status RawReader::wait_for(Index count, Deadline deadline) {
  if (inserted() >= count) return Status::ok;
  if (!waiting_) waiting_ = std::make_unique<detail::WaitTargets>();
  detail::WaitTargets& alone = *waiting_;
  alone.clear();  // the reader may have been moved since the last wait
  alone.add(*this, count);
  Status status = Status::not_yet;
  const auto is_ready = [&] {
    if (inserted() >= count) {
      status = Status::ok;
    } else {
      status = alone.is_interrupted(0) ? Status::interrupted : alone.look(0);
    }
    if (status == Status::not_yet && deadline.passed()) status = Status::timed_out;
    return status != Status::not_yet;
  };
  if (!is_ready()) alone.wait({.deadline = deadline, .waiting = options_.waiting}, std::ref(is_ready));
  return status;
}

}  // namespace shm
