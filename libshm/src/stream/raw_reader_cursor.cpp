// SPDX-License-Identifier: Apache-2.0

// The cursor: reads that move it, and what happens when it is lapped.
#include <algorithm>
#include <string>

#include "shm/stream/raw_reader.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_checks.hpp"

namespace shm {

Status RawReader::nothing_there() const noexcept {
  // Acquire: pairs with the release in storage::mark_ended, so that what was inserted before the end is seen
  // below.
  if (stream_->live().state.load(std::memory_order_acquire) == layout::StreamState::ended &&
      cursor() >= items_.inserted()) {
    return Status::ended;
  }
  return Status::not_yet;
}

Status RawReader::copy_next(std::byte* item) const noexcept {
  const Index inserted = items_.inserted();
  const Index index = cursor();
  if (index >= inserted) return nothing_there();
  const std::size_t bytes = item_bytes();
  if (index + 1 == inserted && bytes <= layout::newest_bytes && items_.copy_newest(inserted, item, bytes)) {
    return Status::ok;
  }
  return items_.copy(index, 1, item) ? Status::ok : Status::lost;
}

Status RawReader::lapped() {
  const IndexRange there = readable();
  // A margin of an eighth of what is there, so as not to be lapped again at once. (Of records less than
  // the history may be.)
  const std::uint64_t held = std::min(history(), there.size());
  const std::uint64_t keep = held - held / 8;
  const Index with_margin = there.end > keep ? there.end - keep : 0;
  // A lossless reader needs none, and loses nothing from where its claim begins: that stays.
  const Index resume = is_lossless() ? std::min(acknowledged(), there.end) : with_margin;
  cursor_.lose_until(std::max(there.begin, resume));
  lossless_.after_read(cursor());
  if (options_.loss_is_error) {
    throw OverlapsPast("stream '" + name() + "': the writer overtook this reader; items " +
                           std::to_string(last_lost().begin) + " to " + std::to_string(last_lost().end) +
                           " (exclusive) are lost",
                       last_lost(), there);
  }
  return Status::lost;
}

Status RawReader::try_next(std::span<std::byte> item) {
  detail::check_room(*this, item);
  if (lossless_.was_evicted()) return Status::evicted;
  const Status status = copy_next(item.data());
  if (status == Status::ok) move_to(cursor() + 1);
  return status == Status::lost ? lapped() : status;
}

Status RawReader::next(std::span<std::byte> item, Deadline deadline) {
  for (;;) {
    const Status status = try_next(item);
    if (status != Status::not_yet) return status;
    const Status waited = wait_for(count_after_cursor(1), deadline);
    if (waited != Status::ok) return waited;
  }
}

Status RawReader::peek(std::span<std::byte> item, Deadline deadline) {
  detail::check_room(*this, item);
  if (lossless_.was_evicted()) return Status::evicted;
  for (;;) {
    const Status status = copy_next(item.data());
    if (status == Status::lost) return lapped();
    if (status != Status::not_yet) return status;
    if (deadline.is_now()) return Status::not_yet;
    const Status waited = wait_for(count_after_cursor(1), deadline);
    if (waited != Status::ok) return waited;
  }
}

ReadResult RawReader::read(std::span<std::byte> items, Amount amount, Deadline deadline) {
  const std::uint64_t most = items.size() / item_bytes();
  if (items.size() % item_bytes() != 0) {
    throw InvalidArgument("room for " + std::to_string(items.size()) +
                          " bytes is not a whole number of items of " + std::to_string(item_bytes()));
  }
  if (amount == Amount::exactly) detail::check_can_hold(*this, most);
  if (most == 0) return {Status::ok, 0, cursor()};
  if (lossless_.was_evicted()) return {Status::evicted, 0, cursor()};
  const std::uint64_t least = amount == Amount::exactly ? most : 1;
  for (;;) {
    Index inserted = items_.inserted();
    std::uint64_t there = inserted > cursor() ? inserted - cursor() : 0;
    Status status = Status::ok;
    if (there < least) {
      status = wait_for(count_after_cursor(least), deadline);
      if (status == Status::ok) continue;
      if (status != Status::ended) return {status, 0, cursor()};
      inserted = items_.inserted();
      there = inserted > cursor() ? inserted - cursor() : 0;
      if (there == 0) return {Status::ended, 0, cursor()};
    }
    const std::uint64_t count = std::min({there, most, items_.capacity()});
    const Index first = cursor();
    const bool newest = count == 1 && there == 1 && item_bytes() <= layout::newest_bytes;
    if (!(newest && items_.copy_newest(inserted, items.data(), item_bytes())) &&
        !items_.copy(first, count, items.data())) {
      return {lapped(), 0, cursor()};
    }
    move_to(cursor() + count);
    return {status, count, first};
  }
}

RawView RawReader::peek_view(std::uint64_t most) const noexcept {
  const Index inserted = items_.inserted();
  const std::uint64_t there = inserted > cursor() ? inserted - cursor() : 0;
  return {items_, {cursor(), cursor() + std::min({there, most, items_.capacity()}), 1}};
}

Status RawReader::skip(std::uint64_t items) {
  if (items == 0) return Status::ok;
  if (lossless_.was_evicted()) return Status::evicted;
  const Index inserted = items_.inserted();
  const std::uint64_t there = inserted > cursor() ? inserted - cursor() : 0;
  if (items > there) {
    throw InvalidArgument("skip " + std::to_string(items) + " items where " + std::to_string(there) +
                          " are there");
  }
  if (!items_.intact(cursor())) return lapped();
  move_to(cursor() + items);
  return Status::ok;
}

}  // namespace shm
