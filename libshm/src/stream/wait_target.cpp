// SPDX-License-Identifier: Apache-2.0
#include "stream/wait_target.hpp"

#include <optional>

#include "os/membarrier.hpp"
#include "shm/ring/wake.hpp"

namespace shm::detail {

Status WaitTarget::look() const noexcept {
  // Acquire: pairs with the release in storage::mark_ended, so that what was inserted before the end is seen.
  const bool ended = stream->live().state.load(std::memory_order_acquire) == layout::StreamState::ended;
  if (items.inserted() >= count) return Status::ok;
  return ended ? Status::ended : Status::not_yet;
}

Status WaitTarget::look_at_writer() const {
  const WriterState writer = stream->stream().writer_state();
  if (writer == WriterState::live) return Status::not_yet;
  if (items.inserted() >= count) return Status::ok;  // the items came before the writer went
  if (writer == WriterState::ended) return Status::ended;
  return writer_loss_is_error ? Status::writer_lost : Status::not_yet;
}

void WakeRequestRound::begin(std::size_t most) {
  made_.clear();
  made_.reserve(most);
  all_can_be_asked_ = true;
}

void WakeRequestRound::ask(const WaitTarget& stream, std::uint32_t seen_wakes) noexcept {
  if (stream.control == nullptr) {
    all_can_be_asked_ = false;
    return;
  }
  const Index index = stream.count - 1;
  if (ring::request_stands(stream.control->standing_request, seen_wakes, index)) return;
  ring::ask_for_wake(stream.control->wake_at, index);
  made_.push_back({&stream.stream->live(), stream.control, seen_wakes, index});
}

bool WakeRequestRound::order() noexcept {
  bool all = all_can_be_asked_;
  std::optional<bool> barrier;  // one for all
  for (const Request& request : made_) {
    const bool ordered = ring::order_request(request.live->writer_fences, [&] {
      if (!barrier) barrier = os::barrier();
      if (!*barrier) return false;
      // Acquire, as RingReader::inserted; here it only tells whether the index is far off.
      const Index inserted = request.live->counters[0].line.inserted.load(std::memory_order_acquire);
      ring::announce_request(request.control->standing_request, request.seen_wakes, request.index, inserted);
      return true;
    });
    all = all && ordered;
  }
  return all;
}

}  // namespace shm::detail
