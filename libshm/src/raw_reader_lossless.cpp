// A lossless reader: what it has not acknowledged stays, and holds the writer back.
#include <algorithm>
#include <string>

#include "os/futex.hpp"
#include "os/membarrier.hpp"
#include "reader_place.hpp"
#include "segment/attached_stream.hpp"
#include "shm/ring/hold_back.hpp"
#include "shm/ring/wake.hpp"

namespace shm {

void RawReader::register_lossless(bool begins_at_oldest) {
  if (!stream_->stream().is_lossless()) {
    throw InvalidArgument("stream '" + stream_->paths().name +
                          "' was not created lossless (StreamOptions::lossless): no reader can hold its "
                          "writer back");
  }
  insist_on_being_listed(std::chrono::seconds(1), "being a lossless reader");
  // The writer's membarrier stands for a fence after each of our acknowledgements.
  place_->fences = !os::register_for_barrier();
  // What is released already may go at any time: begin behind it.
  const Index released = stream_->live().released.load(std::memory_order_relaxed);
  if (begins_at_oldest) cursor_ = std::max(cursor_, released);
  const ring::LosslessPlace place = ring::register_lossless(
      stream_->live(), place_->control->header(), *place_->slot, *slot_, std::max(cursor_, released));
  if (begins_at_oldest) cursor_ = std::max(cursor_, place.begin);
  place_->lossless = place.word;
  is_lossless_ = true;
  acknowledges_reads_ = options_.lossless == Acknowledge::with_read;
  advance(0);
}

void RawReader::unregister_lossless() noexcept {
  if (!is_lossless_) return;
  place_->control->release(*place_->slot, place_->lossless);
  is_lossless_ = acknowledges_reads_ = false;
}

bool RawReader::learns_of_eviction() noexcept {
  if (is_lossless()) return false;
  is_lossless_ = acknowledges_reads_ = false;
  return true;
}

bool RawReader::is_lossless() const noexcept {
  // Relaxed: a word that says it, and nothing else.
  return is_lossless_ && slot_->lossless.load(std::memory_order_relaxed) == place_->lossless;
}

Index RawReader::acknowledged() const noexcept {
  return is_lossless_ ? slot_->acknowledged.load(std::memory_order_relaxed) : 0;
}

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
  release_below(index);
}

void RawReader::release_below(Index index) noexcept {
  if (!is_lossless_ || index <= slot_->acknowledged.load(std::memory_order_relaxed)) return;
  ring::acknowledge(*slot_, index);
  layout::ControlHeader& control = place_->control->header();
  const bool asked = place_->fences ? ring::wake_is_asked_after_fence(control.room_at, index)
                                    : ring::wake_is_asked(control.room_at, index);
  if (asked) [[unlikely]] {
    place_->control->wake_writer();
  }
}

}  // namespace shm
