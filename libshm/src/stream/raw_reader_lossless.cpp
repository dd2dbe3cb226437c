// SPDX-License-Identifier: Apache-2.0

// A lossless reader: what it has not acknowledged stays, and holds the writer back.
#include <algorithm>
#include <string>

#include "os/membarrier.hpp"
#include "shm/ring/backpressure.hpp"
#include "shm/ring/wake.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm {
/// `may_begin_later`: the cursor was not sent to an index; oldest, newest and next are what they are by now.
void RawReader::register_lossless(bool may_begin_later) {
  if (!stream_->stream().is_lossless()) {
    throw InvalidArgument("stream '" + stream_->paths().name +
                          "' was not created lossless (StreamOptions::lossless): no reader can hold its "
                          "writer back");
  }
  insist_on_being_listed(std::chrono::seconds(1), "being a lossless reader");
  // The writer's membarrier stands for a fence after each of our acknowledgements.
  using Order = ring::WakeRequests::Order;
  room_requests_ = {place_->control->header().room_at,
                    os::register_for_barrier() ? Order::by_membarrier : Order::by_own_fence};
  // What is released already may go at any time: begin behind it.
  const Index released = stream_->live().released.load(std::memory_order_relaxed);
  if (may_begin_later) cursor_ = std::max(cursor_, released);
  const Index begin = std::max(cursor_, released);
  const ring::LosslessPlace place =
      ring::register_lossless(stream_->live(), place_->control->header(), *place_->slot, *slot_, begin);
  // The writer may have seen us at `begin`, and sleep for what we acknowledged in the same moment.
  if (place.begin > begin && room_requests_.is_pending(place.begin)) wake_writer();
  if (may_begin_later) cursor_ = std::max(cursor_, place.begin);
  lossless_number_ = place.word;
  acknowledged_ = place.begin;
  acknowledges_reads_ = options_.lossless == Acknowledge::with_read;
  advance(0);
}

void RawReader::unregister_lossless() noexcept {
  if (lossless_number_ == 0) return;
  place_->control->release(*place_->slot, lossless_number_);
  become_lossy();
}

void RawReader::become_lossy() noexcept {
  lossless_number_ = 0;
  acknowledged_ = 0;
  acknowledges_reads_ = false;
}

void RawReader::wake_writer() noexcept { place_->control->wake_writer(); }

void RawReader::acknowledge(Index index) {
  if (!options_.lossless) {
    throw InvalidArgument(
        "stream '" + stream_->paths().name +
        "': not a lossless reader (ReaderOptions::lossless): there is nothing to acknowledge");
  }
  if (index > inserted()) {
    throw InvalidArgument("stream '" + stream_->paths().name + "': acknowledging items below " +
                          std::to_string(index) + " where " + std::to_string(inserted()) + " are there");
  }
  if (lossless_number_ != 0) release_below(index);
}

}  // namespace shm
