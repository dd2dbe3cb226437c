// SPDX-License-Identifier: Apache-2.0

// Attaching, and what needs the reader's parts: registration, lossless claim, source. The cursor's reads are in
// raw_reader_cursor.cpp.
#include "shm/stream/raw_reader.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "storage/attached_stream.hpp"
#include "storage/stream_fields.hpp"
#include "stream/reader_registration.hpp"
#include "stream/status_error.hpp"
#include "stream/wait_targets.hpp"

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
  registration_->list(cursor_);
  // The control file gets its name a moment after the stream.
  for (int i = 0; i < 20 && registration_->control() == nullptr && !stream_->has_control_file(); ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    registration_->list(cursor_);
  }
  seek(start);
  if (options_.lossless) claim_lossless(start.kind() != Start::Kind::index);
}

RawReader::RawReader(Shared<storage::AttachedStream> stream, ReaderOptions options)
    : stream_(std::move(stream)),
      registration_(std::make_unique<detail::ReaderRegistration>(stream_, options.name)),
      items_(stream_->stream().items()),
      cursor_(registration_->slot()),
      options_(std::move(options)) {}

RawReader::~RawReader() = default;
RawReader::RawReader(RawReader&&) noexcept = default;
RawReader& RawReader::operator=(RawReader&&) noexcept = default;

RawReader RawReader::fork() const {
  RawReader other(stream_, options_);
  other.registration_->list(other.cursor_);
  other.seek(cursor());
  if (is_lossless()) other.claim_lossless(false);
  return other;
}

const std::string& RawReader::name() const noexcept { return stream_->paths().name; }
const ItemFormat& RawReader::format() const noexcept { return stream_->stream().format(); }
StreamInfo RawReader::info() const { return storage::describe(stream_->stream(), name()); }
WriterState RawReader::writer_state() const { return stream_->stream().writer_state(); }
bool RawReader::is_listed() const noexcept { return registration_->is_listed(); }

void RawReader::seek(Start start) {
  const IndexRange there = readable();
  switch (start.kind()) {
    case Start::Kind::oldest:
      return move_to(there.begin);
    case Start::Kind::newest:
      return move_to(there.empty() ? there.end : there.end - 1);
    case Start::Kind::next:
      return move_to(there.end);
    case Start::Kind::index:
      return move_to(start.index());
  }
}

// --- lossless ---

/// `may_begin_later`: the cursor was not sent to an index; oldest, newest and next are what they are by now.
void RawReader::claim_lossless(bool may_begin_later) {
  if (!stream_->stream().is_lossless()) {
    throw InvalidArgument("stream '" + name() +
                          "' was not created lossless (StreamOptions::lossless): no reader can hold its "
                          "writer back");
  }
  registration_->insist_on_listing(cursor_, std::chrono::seconds(1), options_.interrupt,
                                   "being a lossless reader");
  lossless_ = detail::LosslessClaim(*registration_, cursor(), options_.lossless == Acknowledge::with_read);
  move_to(may_begin_later ? std::max(cursor(), lossless_.begin()) : cursor());
}

void RawReader::acknowledge(Index index) {
  if (!options_.lossless) {
    throw InvalidArgument(
        "stream '" + name() +
        "': not a lossless reader (ReaderOptions::lossless): there is nothing to acknowledge");
  }
  if (index > inserted()) {
    throw InvalidArgument("stream '" + name() + "': acknowledging items below " + std::to_string(index) +
                          " where " + std::to_string(inserted()) + " are there");
  }
  if (lossless_.is_made()) lossless_.release_below(index);
}

// --- the source ---

void RawReader::enter(Deadline deadline) {
  if (is_entered()) return;
  registration_->insist_on_listing(cursor_, deadline, options_.interrupt, "entering its source");
  registration_->enter(deadline, options_.interrupt);
}

void RawReader::exit() noexcept { registration_->exit(); }
bool RawReader::is_entered() const noexcept { return registration_->is_entered(); }

bool RawReader::source_is_started() const noexcept {
  return stream_->live().source_state.load(std::memory_order_acquire) == layout::SourceState::running;
}

void RawReader::throw_status(Status status) const {
  detail::throw_status("stream '" + name() + "': ", status, inserted());
}

}  // namespace shm
