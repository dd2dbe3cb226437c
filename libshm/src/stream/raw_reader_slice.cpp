// SPDX-License-Identifier: Apache-2.0

// Slices: resolved, copied, looked at in place.
#include <algorithm>
#include <cstring>

#include "base/range_text.hpp"
#include "shm/stream/raw_reader.hpp"
#include "stream/reader_checks.hpp"

namespace shm {
namespace {

[[noreturn]] void throw_past(const std::string& what, IndexRange asked, IndexRange readable) {
  throw OverlapsPast(what + " begins before what is readable, " + range_text(readable), asked, readable);
}

/// A position as the user wrote it, made absolute. Below zero: before the stream began.
std::int64_t absolute(std::int64_t position, Index inserted) {
  // Unsigned: damaged counters may be anything.
  return position >= 0 ? position : static_cast<std::int64_t>(inserted + static_cast<Index>(position));
}

}  // namespace

void RawView::check() const {
  if (intact()) return;
  const IndexRange asked{slice_.begin, slice_.end};
  throw OverlapsPast("the view of items " + range_text(asked) + " was overwritten while it was in use", asked,
                     items_->readable());
}

ResolvedSlice RawReader::resolve(const Slice& slice, Deadline wait) {
  const std::string what = "stream '" + name() + "': the slice";
  if (slice.step < 1) throw InvalidArgument(what + " has step " + std::to_string(slice.step) + ": 1 or more");
  const IndexRange there = readable();
  const auto step = static_cast<std::uint64_t>(slice.step);
  const auto n = static_cast<std::int64_t>(there.end);
  const auto o = static_cast<std::int64_t>(there.begin);
  const std::int64_t end = slice.stop ? absolute(*slice.stop, there.end) : n;
  const std::int64_t begin = slice.start ? absolute(*slice.start, there.end) : o;
  const auto index = [](std::int64_t at) { return static_cast<Index>(std::max<std::int64_t>(at, 0)); };
  const IndexRange asked{index(begin), index(end)};
  if (begin == end) return {asked.begin, asked.begin, step};
  if (begin > end) {
    // With an end left open it is no contradiction: the other end lies beyond what there is.
    if (!slice.start) throw_past(what + " :" + std::to_string(end), asked, there);
    if (!slice.stop) {
      throw OverlapsFuture(
          what + " " + std::to_string(begin) + ": begins after what is readable, " + range_text(there),
          {asked.begin, asked.begin + 1}, there);
    }
    throw InvalidArgument(what + " runs backwards: " + std::to_string(begin) + " to " + std::to_string(end));
  }
  if (begin < o) throw_past(what + " " + range_text(asked), asked, there);
  if (end > n) {
    if (wait.is_now()) {
      throw OverlapsFuture(
          what + " " + range_text(asked) + " ends after what is readable, " + range_text(there), asked,
          there);
    }
    detail::check_can_hold(*this, asked.size());
    const Status status = wait_for(asked.end, wait);
    if (status != Status::ok) throw_status(status);
  }
  return {asked.begin, asked.end, step};
}

bool RawReader::copy(const ResolvedSlice& slice, std::byte* to) const noexcept {
  if (slice.begin == slice.end) return true;
  if (slice.step == 1) return items_.copy(slice.begin, slice.end - slice.begin, to);
  for (Index i = slice.begin; i < slice.end; i += slice.step, to += item_bytes()) {
    ring::load_items(to, items_.at(i), item_bytes(), item_bytes());
  }
  return items_.intact(slice.begin);
}

ResolvedSlice RawReader::copy_slice(const Slice& slice, Deadline wait,
                                    FunctionRef<std::byte*(std::uint64_t)> room) {
  for (;;) {
    const ResolvedSlice resolved = resolve(slice, wait);
    if (copy(resolved, room(resolved.count()))) return resolved;
    // An open start means "what there is": there is less now. Anything else was overwritten.
    if (slice.start) {
      const IndexRange asked{resolved.begin, resolved.end};
      throw_past("stream '" + name() + "': the slice " + range_text(asked), asked, readable());
    }
  }
}

std::vector<std::byte> RawReader::slice(const Slice& slice, Deadline wait) {
  std::vector<std::byte> items;
  copy_slice(slice, wait, [&](std::uint64_t count) {
    items.resize(count * item_bytes());
    return items.data();
  });
  return items;
}

std::uint64_t RawReader::slice_into(std::span<std::byte> to, const Slice& slice, Deadline wait) {
  const auto resolved = copy_slice(slice, wait, [&](std::uint64_t count) {
    if (count * item_bytes() > to.size()) {
      throw InvalidArgument("a slice of " + std::to_string(count) + " items does not fit into " +
                            std::to_string(to.size()) + " bytes");
    }
    return to.data();
  });
  return resolved.count();
}

RawView RawReader::view(const Slice& slice, Deadline wait) { return {items_, resolve(slice, wait)}; }

void RawReader::item(std::int64_t index, std::span<std::byte> to, Deadline wait) {
  detail::check_room(*this, to);
  const std::int64_t at = absolute(index, inserted());
  const std::string what = "stream '" + name() + "': item " + std::to_string(index);
  const auto position = static_cast<Index>(std::max<std::int64_t>(at, 0));
  const IndexRange asked{position, position + 1};
  if (at < 0) throw_past(what, asked, readable());
  if (position >= inserted()) {
    if (wait.is_now()) {
      throw OverlapsFuture(what + " is not there yet; readable is " + range_text(readable()), asked,
                           readable());
    }
    const Status status = wait_for(asked.end, wait);
    if (status != Status::ok) throw_status(status);
  }
  if (!items_.copy(position, 1, to.data())) throw_past(what, asked, readable());
}

}  // namespace shm
