// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/raw_writer.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shm/base/error.hpp"
#include "storage/owned_stream.hpp"
#include "stream/backpressure_gate.hpp"
#include "stream/key_writer.hpp"

namespace shm {
RawWriter::RawWriter(std::string_view name, std::string_view format, const StreamOptions& options)
    : stream_(std::make_unique<storage::OwnedStream>(name, format, options)) {
  storage::StreamFile& file = stream_->stream();
  ring_ = ring::RingWriter(stream_->live().counters[0], file.data(), file.geometry());
  using Order = ring::WakeRequests::Order;
  wake_requests_ = {stream_->control().header().wake_at,
                    stream_->fences() ? Order::by_own_fence : Order::by_membarrier};
  if (KeyWriter::is_needed(file)) {
    keys_ = std::make_unique<KeyWriter>(file, stream_->paths().name, options);
    unchecked_below_ = 0;
  }
  if (options.lossless) {
    gate_ = std::make_unique<BackpressureGate>(*stream_, *options.lossless, ring_.released());
    if (!keys_) unchecked_below_ = ring_.appendable_below(gate_->granted());
  }
}

RawWriter::~RawWriter() { close(); }
RawWriter::RawWriter(RawWriter&&) noexcept = default;

RawWriter& RawWriter::operator=(RawWriter&& other) noexcept {
  if (this != &other) {
    close();
    ring_ = other.ring_;
    wake_requests_ = other.wake_requests_;
    unchecked_below_ = other.unchecked_below_;
    claimed_ = other.claimed_;
    claimed_at_ = other.claimed_at_;
    keys_ = std::move(other.keys_);
    gate_ = std::move(other.gate_);
    stream_ = std::move(other.stream_);
  }
  return *this;
}

bool RawWriter::admit(std::uint64_t items, Index released) {
  if (!gate_) return true;
  if (items > ring_.most_at_once()) {
    throw InvalidArgument("append to '" + stream_->paths().name + "': " + std::to_string(items) +
                          " items at once; a lossless stream takes all or none, and this one holds " +
                          std::to_string(ring_.most_at_once()) + " (StreamOptions::history): append fewer");
  }
  if (!gate_->admit(items, released, inserted())) return false;
  if (!keys_) unchecked_below_ = ring_.appendable_below(gate_->granted());
  return true;
}

bool RawWriter::append(std::span<const std::byte> items, const std::optional<Stamp>& stamp) {
  if (items.size() % item_bytes() != 0) {
    throw InvalidArgument("append to '" + stream_->paths().name + "': " + std::to_string(items.size()) +
                          " bytes are not a whole number of items of " + std::to_string(item_bytes()));
  }
  std::uint64_t left = items.size() / item_bytes();
  if (left > 0 && !admit(left, ring_.released_by(left))) return false;
  lead_to(items, stamp);
  const std::byte* next = items.data();
  while (left > 0) {
    const std::uint64_t step = std::min(left, max_claim());
    wake_if_asked(ring_.append_step(next, step));
    next += step * item_bytes();
    left -= step;
  }
  return true;
}

std::span<std::byte> RawWriter::claim(std::uint64_t items) {
  if (items > max_claim()) {
    throw InvalidArgument("claim on '" + stream_->paths().name + "': " + std::to_string(items) +
                          " items at once; the stream was made for at most " + std::to_string(max_claim()) +
                          " (StreamOptions::max_claim)");
  }
  claimed_ = 0;
  if (!admit(items, ring_.released_by(items))) return {};
  claimed_ = items;
  claimed_at_ = inserted();
  return {ring_.claim(items), items * item_bytes()};
}

void RawWriter::lead_to(std::span<const std::byte> items, const std::optional<Stamp>& stamp) {
  if (keys_) return keys_->before_append(inserted(), items, stamp);
  if (stamp) {
    throw InvalidArgument("append to '" + stream_->paths().name +
                          "': a stamp has no place in a stream without a ledger (StreamOptions::ledger)");
  }
}

void RawWriter::publish(std::uint64_t items, const std::optional<Stamp>& stamp) {
  const std::uint64_t claimed = claimed_at_ == inserted() ? claimed_ : 0;
  if (items > claimed) {
    throw InvalidArgument("publish on '" + stream_->paths().name + "': " + std::to_string(items) +
                          " items of " + std::to_string(claimed) + " claimed");
  }
  // The claim, given again: it is where it was.
  if (keys_ || stamp) lead_to({ring_.claim(items), items * item_bytes()}, stamp);
  claimed_ = 0;
  if (items == 0) return;
  wake_if_asked(ring_.publish(items));
}

void RawWriter::wake() noexcept { stream_->wake_all(); }

void RawWriter::close() noexcept {
  if (!stream_) return;
  keys_.reset();
  gate_.reset();
  stream_->end();
  stream_.reset();
}

void RawWriter::detach() noexcept {
  keys_.reset();
  gate_.reset();
  stream_.reset();
}

StreamInfo RawWriter::info() const {
  StreamInfo info = stream_->stream().describe(stream_->paths().name);
  info.writer = WriterState::live;  // our own lock does not show to ourselves
  info.is_held_back = stream_->live().needed.load(std::memory_order_relaxed) != 0;
  return info;
}

ReaderList RawWriter::readers() const {
  const auto list =
      std::make_shared<const std::vector<ReaderInfo>>(stream_->control().readers(stream_->live()));
  return {list, list->data(), list->size()};
}

}  // namespace shm
