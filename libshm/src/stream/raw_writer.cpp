// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/raw_writer.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "shm/base/error.hpp"
#include "storage/owned_stream.hpp"
#include "storage/stream_fields.hpp"

namespace shm {

RawWriter::RawWriter(std::string_view name, std::string_view format, const StreamOptions& options)
    : appender_(name, format, options) {}

bool RawWriter::append(std::span<const std::byte> items, const std::optional<Stamp>& stamp) {
  if (items.size() % item_bytes() != 0) {
    throw InvalidArgument("append to '" + appender_.name() + "': " + std::to_string(items.size()) +
                          " bytes are not a whole number of items of " + std::to_string(item_bytes()));
  }
  std::uint64_t left = items.size() / item_bytes();
  if (left > 0 && !appender_.admit(left, appender_.ring().released_by(left))) return false;
  appender_.write_keys(items, stamp);
  const std::byte* next = items.data();
  while (left > 0) {
    const std::uint64_t step = std::min(left, max_claim());
    appender_.wake_if_asked(appender_.ring().append_step(next, step));
    next += step * item_bytes();
    left -= step;
  }
  return true;
}

std::span<std::byte> RawWriter::claim(std::uint64_t items) {
  if (items > max_claim()) {
    throw InvalidArgument("claim on '" + appender_.name() + "': " + std::to_string(items) +
                          " items at once; the stream was made for at most " + std::to_string(max_claim()) +
                          " (StreamOptions::max_claim)");
  }
  claimed_ = 0;
  if (!appender_.admit(items, appender_.ring().released_by(items))) return {};
  claimed_ = items;
  claimed_at_ = inserted();
  return {appender_.ring().claim(items), items * item_bytes()};
}

void RawWriter::publish(std::uint64_t items, const std::optional<Stamp>& stamp) {
  const std::uint64_t claimed = claimed_at_ == inserted() ? claimed_ : 0;
  if (items > claimed) {
    throw InvalidArgument("publish on '" + appender_.name() + "': " + std::to_string(items) + " items of " +
                          std::to_string(claimed) + " claimed");
  }
  // The claim, given again: it is where it was.
  if (appender_.has_keys() || stamp)
    appender_.write_keys({appender_.ring().claim(items), items * item_bytes()}, stamp);
  claimed_ = 0;
  if (items == 0) return;
  appender_.wake_if_asked(appender_.ring().publish(items));
}

void RawWriter::close() noexcept { appender_.close(); }
void RawWriter::detach() noexcept { appender_.detach(); }

StreamInfo RawWriter::info() const {
  storage::OwnedStream& stream = appender_.stream();
  StreamInfo info = storage::describe(stream.stream(), appender_.name());
  info.writer.state = WriterState::live;  // our own lock does not show to ourselves
  info.backpressure.is_held_back = stream.live().needed.load(std::memory_order_relaxed) != 0;
  return info;
}

ReaderList RawWriter::readers() const {
  storage::OwnedStream& stream = appender_.stream();
  const auto list = std::make_shared<const std::vector<ReaderInfo>>(stream.control().readers(stream.live()));
  return {list, list->data(), list->size()};
}

}  // namespace shm
