// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/internal/lossless_claim.hpp"

#include <algorithm>

#include "os/membarrier.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm::detail {

LosslessClaim::LosslessClaim(ReaderRegistration& registration, Index cursor, bool acknowledges_reads) noexcept
    : acknowledges_reads_(acknowledges_reads),
      slot_(&registration.slot()),
      // The writer's membarrier stands for a fence after each of this reader's acknowledgements.
      room_requests_(registration.control()->header().room_at, os::register_for_barrier()
                                                                   ? ring::WakeRequests::Order::by_membarrier
                                                                   : ring::WakeRequests::Order::by_own_fence),
      registration_(&registration) {
  const layout::LiveState& live = registration.stream().live();
  // Items that are released already may be overwritten at any time: the claim begins behind them.
  const Index begin = std::max(cursor, live.released.load(std::memory_order_relaxed));
  const ring::LosslessPlace place = ring::register_lossless(live, registration.control()->header(),
                                                            registration.slot_number(), *slot_, begin);
  // The writer may have seen this reader at `begin`, and sleep for what was acknowledged in the same moment.
  if (place.begin > begin && room_requests_.is_pending(place.begin)) wake_writer();
  number_ = place.word;
  acknowledged_ = place.begin;
  begin_ = place.begin;
}

void LosslessClaim::wake_writer() noexcept { registration_->control()->wake_writer(); }

}  // namespace shm::detail
