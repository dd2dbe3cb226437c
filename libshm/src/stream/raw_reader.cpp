// SPDX-License-Identifier: Apache-2.0

// Attaching, and the cursor.
#include "shm/stream/raw_reader.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm {

RawReader::RawReader(std::string_view name, Start start, const ReaderOptions& options,
                     std::string_view format)
    : RawReader(std::make_shared<storage::AttachedStream>(name, options.directory, options.wait_for_stream,
                                                          options.interrupt, options.owner),
                options) {
  if (!format.empty()) {
    const ItemFormat mine(format);
    if (!(mine == this->format())) {
      throw TypeMismatch("stream '" + std::string(name) + "' has items of " + std::to_string(item_bytes()) +
                         " bytes, format '" + this->format().text() + "'; this reader takes them for " +
                         std::to_string(mine.item_bytes()) + " bytes, format '" + mine.text() + "'");
    }
  }
  list_myself();
  // The control file gets its name a moment after the stream.
  for (int i = 0; i < 20 && !place_->control && !stream_->has_control_file(); ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    list_myself();
  }
  seek(start);
  if (options_.lossless) register_lossless(start.kind_ != Start::Kind::index);
}

RawReader::RawReader(Shared<storage::AttachedStream> stream, ReaderOptions options)
    : options_(std::move(options)), place_(std::make_unique<Place>()), stream_(std::move(stream)) {
  items_ = ItemSource(stream_->stream().items());
  slot_ = &place_->own;
}

RawReader::~RawReader() { unlist(); }

RawReader::RawReader(RawReader&&) noexcept = default;

RawReader& RawReader::operator=(RawReader&& other) noexcept {
  if (this != &other) {
    unlist();
    items_ = other.items_;
    cursor_ = other.cursor_;
    slot_ = other.slot_;
    lost_items_ = other.lost_items_;
    lost_ranges_ = other.lost_ranges_;
    last_lost_ = other.last_lost_;
    entered_ = other.entered_;
    acknowledges_reads_ = other.acknowledges_reads_;
    lossless_number_ = other.lossless_number_;
    acknowledged_ = other.acknowledged_;
    room_requests_ = other.room_requests_;
    look_at_writer_ = other.look_at_writer_;
    options_ = std::move(other.options_);
    place_ = std::move(other.place_);
    stream_ = std::move(other.stream_);
  }
  return *this;
}

RawReader RawReader::fork() const {
  RawReader other(stream_, options_);
  other.list_myself();
  other.seek(cursor_);
  if (is_lossless()) other.register_lossless(false);
  return other;
}

Index RawReader::oldest() const noexcept { return items_.readable().begin; }
IndexRange RawReader::readable() const noexcept { return items_.readable(); }

const std::string& RawReader::name() const noexcept { return stream_->paths().name; }
const ItemFormat& RawReader::format() const noexcept { return stream_->stream().format(); }
StreamInfo RawReader::info() const { return stream_->stream().describe(stream_->paths().name); }
WriterState RawReader::writer_state() const { return stream_->stream().writer_state(); }

void RawReader::seek(Start start) {
  const IndexRange there = readable();
  switch (start.kind_) {
    case Start::Kind::oldest:
      cursor_ = there.begin;
      break;
    case Start::Kind::newest:
      cursor_ = there.empty() ? there.end : there.end - 1;
      break;
    case Start::Kind::next:
      cursor_ = there.end;
      break;
    case Start::Kind::index:
      cursor_ = start.index_;
      break;
  }
  advance(0);
}

// --- the cursor ---

Status RawReader::nothing_there() const noexcept {
  // Acquire: pairs with the release in storage::mark_ended, so that what was inserted before the end is seen
  // below.
  if (stream_->live().state.load(std::memory_order_acquire) == layout::StreamState::ended &&
      cursor_ >= items_.inserted()) {
    return Status::ended;
  }
  return Status::not_yet;
}

Status RawReader::overtaken() {
  const IndexRange there = readable();
  // A margin of an eighth of what is there, so as not to be overtaken again at once. (Of records less than
  // the history may be.)
  const std::uint64_t held = std::min(items_.history(), there.size());
  const std::uint64_t keep = held - held / 8;
  const Index with_margin = there.end > keep ? there.end - keep : 0;
  // A lossless reader needs none, and loses nothing from where it registered: that stays.
  const Index resume = is_lossless() ? std::min(acknowledged(), there.end) : with_margin;
  last_lost_ = {cursor_, std::max({there.begin, resume, cursor_})};
  cursor_ = last_lost_.end;
  advance(0);
  lost_items_ += last_lost_.size();
  lost_ranges_ += 1;
  slot_->lost_items.store(lost_items_, std::memory_order_relaxed);
  slot_->lost_ranges.store(lost_ranges_, std::memory_order_relaxed);
  if (options_.loss_is_error) {
    throw OverlapsPast("stream '" + stream_->paths().name + "': the writer overtook this reader; items " +
                           std::to_string(last_lost_.begin) + " to " + std::to_string(last_lost_.end) +
                           " (exclusive) are lost",
                       last_lost_, there);
  }
  return Status::lost;
}

Status RawReader::copy_at_cursor(std::byte* item) const noexcept {
  const Index inserted = items_.inserted();
  if (cursor_ >= inserted) return nothing_there();
  const std::size_t bytes = item_bytes();
  if (cursor_ + 1 == inserted && bytes <= layout::newest_bytes && items_.copy_newest(inserted, item, bytes)) {
    return Status::ok;
  }
  return items_.copy(cursor_, 1, item) ? Status::ok : Status::lost;
}

void RawReader::check_room(std::span<std::byte> item) const {
  if (item.size() != item_bytes()) {
    throw InvalidArgument("stream '" + stream_->paths().name + "' has items of " +
                          std::to_string(item_bytes()) + " bytes; room for " + std::to_string(item.size()) +
                          " was given");
  }
}

Status RawReader::try_next(std::span<std::byte> item) {
  check_room(item);
  if (was_evicted()) return Status::evicted;
  const Status status = copy_at_cursor(item.data());
  if (status == Status::ok) advance(1);
  return status == Status::lost ? overtaken() : status;
}

Status RawReader::next(std::span<std::byte> item, Deadline deadline) {
  for (;;) {
    const Status status = try_next(item);
    if (status != Status::not_yet) return status;
    const Status waited = wait_for_more(1, deadline);
    if (waited != Status::ok) return waited;
  }
}

Status RawReader::peek(std::span<std::byte> item, Deadline deadline) {
  check_room(item);
  if (was_evicted()) return Status::evicted;
  for (;;) {
    const Status status = copy_at_cursor(item.data());
    if (status == Status::lost) return overtaken();
    if (status != Status::not_yet) return status;
    if (deadline.is_now()) return Status::not_yet;
    const Status waited = wait_for_more(1, deadline);
    if (waited != Status::ok) return waited;
  }
}

ReadResult RawReader::read(std::span<std::byte> items, Amount amount, Deadline deadline) {
  const std::uint64_t most = items.size() / item_bytes();
  if (items.size() % item_bytes() != 0) {
    throw InvalidArgument("room for " + std::to_string(items.size()) +
                          " bytes is not a whole number of items of " + std::to_string(item_bytes()));
  }
  if (amount == Amount::exactly) check_can_hold(most);
  if (most == 0) return {Status::ok, 0, cursor_};
  if (was_evicted()) return {Status::evicted, 0, cursor_};
  const std::uint64_t least = amount == Amount::exactly ? most : 1;
  for (;;) {
    Index inserted = items_.inserted();
    std::uint64_t there = inserted > cursor_ ? inserted - cursor_ : 0;
    Status status = Status::ok;
    if (there < least) {
      status = wait_for_more(least, deadline);
      if (status == Status::ok) continue;
      if (status != Status::ended) return {status, 0, cursor_};
      inserted = items_.inserted();
      there = inserted > cursor_ ? inserted - cursor_ : 0;
      if (there == 0) return {Status::ended, 0, cursor_};
    }
    const std::uint64_t count = std::min({there, most, items_.capacity()});
    const Index first = cursor_;
    const bool newest = count == 1 && there == 1 && item_bytes() <= layout::newest_bytes;
    if (!(newest && items_.copy_newest(inserted, items.data(), item_bytes())) &&
        !items_.copy(first, count, items.data())) {
      return {overtaken(), 0, cursor_};
    }
    advance(count);
    return {status, count, first};
  }
}

RawView RawReader::peek_view(std::uint64_t most) const noexcept {
  const Index inserted = items_.inserted();
  const std::uint64_t there = inserted > cursor_ ? inserted - cursor_ : 0;
  return {items_, {cursor_, cursor_ + std::min({there, most, items_.capacity()}), 1}};
}

Status RawReader::skip(std::uint64_t items) {
  if (items == 0) return Status::ok;
  if (was_evicted()) return Status::evicted;
  const Index inserted = items_.inserted();
  const std::uint64_t there = inserted > cursor_ ? inserted - cursor_ : 0;
  if (items > there) {
    throw InvalidArgument("skip " + std::to_string(items) + " items where " + std::to_string(there) +
                          " are there");
  }
  if (!items_.intact(cursor_)) return overtaken();
  advance(items);
  return Status::ok;
}

void RawReader::throw_status(Status status) const {
  const std::string stream = "stream '" + stream_->paths().name + "': ";
  switch (status) {
    case Status::ended:
      throw Ended(stream + "it ended at item " + std::to_string(inserted()));
    case Status::interrupted:
      throw Interrupted(stream + "interrupted while waiting");
    case Status::writer_lost:
      throw WriterLost(stream + "its writer died without closing it");
    case Status::evicted:
      throw Evicted(stream + "this lossless reader was evicted: it may lose items from here on");
    case Status::timed_out:
    case Status::not_yet:
      throw TimedOut(stream + "no data in the time given");
    case Status::ok:
    case Status::lost:
      break;
  }
  throw Error(stream + std::string(to_string(status)));
}

}  // namespace shm
