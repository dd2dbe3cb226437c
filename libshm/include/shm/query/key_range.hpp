// SPDX-License-Identifier: Apache-2.0

// Slicing a stream by key: the items in [begin, end) of the keys of an index map (shm/query/index_map.hpp).
//
//   auto in = shm::keyed<shm::KeyInItem<>>(shm::Reader<Tick>("market/ticks", shm::Start::oldest()));
//   std::vector<Tick> ticks = in.range(t0, t1);  // t0 inclusive, t1 exclusive
//   const auto view = in.range_view(t0, t1);     // without a copy; view.intact() after use
//   ticks = in.range(t0, t1, {.end = shm::Bound::inclusive, .take_what_is_left = true});
//   ticks = in.range(t0, t1, {.require_end = true, .wait = std::chrono::seconds(1)});
//   ticks = in.reader()[{-3, {}}];               // integers stay absolute indices
//   use(ticks, view);
//
// No item in the range: the result is empty. A range that begins before the readable items throws
// OverlapsPast, unless take_what_is_left is set: the result is exact, or marked. A range that begins at the
// key of the oldest readable item counts as such, since an overwritten item may have had the same key.
//
// Threads: one at a time, as for the reader.
// Throws as find_range() describes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/query/index_map.hpp"
#include "shm/query/interval.hpp"
#include "shm/stream/reader.hpp"

namespace shm {

struct RangeOptions {
  Bound begin = Bound::inclusive;
  Bound end = Bound::exclusive;
  bool round_down = false;  ///< start at the last item at or before the begin, if there is one
  bool require_end =
      false;  ///< an item at or after the end must exist, so that no later item can belong to the range
  bool newer_than_cursor = false;   ///< only items from the cursor on
  bool take_what_is_left = false;   ///< leave out items that were overwritten, or have no key
  Deadline wait = Deadline::now();  ///< how long to wait for the end, with require_end
};

/// A range of keys as indices, at the time of the call.
struct KeyRange {
  IndexRange items;
  bool begins_in_past = false;  ///< items of it were overwritten (only with take_what_is_left)
  bool may_grow = false;        ///< later items may belong to it
};

namespace detail {

[[noreturn]] SHM_API void throw_key_past(const RawReader& reader, IndexRange items, IndexRange readable);
[[noreturn]] SHM_API void throw_key_future(const RawReader& reader, IndexRange items, IndexRange readable);
[[noreturn]] SHM_API void throw_keys_backwards(const RawReader& reader);

template <class K>
[[nodiscard]] bool is_number(K key) noexcept {
  return key == key;  // false for NaN
}

/// The first index of `within` at or after the key; with `after`, after the key.
template <IndexMap Map>
[[nodiscard]] Index find_bound(const Map& map, typename Map::Key key, bool after, IndexRange within) {
  if (!after) return map.lower(key, within);
  const auto next = next_key(key);
  return next ? map.lower(*next, within) : within.end;
}

/// Whether it is certain that no item before `first` belongs to a range with this begin.
template <IndexMap Map>
[[nodiscard]] bool begins_there(const Map& map, typename Map::Key begin, bool after, Index first) {
  if (first == 0) return true;
  const auto before = map.key(first - 1);
  return before && (after ? !(begin < *before) : *before < begin);
}

}  // namespace detail

/// The indices of the items in [begin, end), at the time of the call.
/// @throws InvalidArgument  end is before begin.
/// @throws OverlapsPast  the range begins before the readable items; not with take_what_is_left.
/// @throws OverlapsFuture, TimedOut  with require_end: no item is at or after the end (TimedOut: nor was
/// there one when the wait was over). If the stream has ended, then no such item is required.
/// @throws Interrupted, WriterLost  while waiting.
template <IndexMap Map>
[[nodiscard]] KeyRange find_range(RawReader& reader, const Map& map, typename Map::Key begin,
                                  typename Map::Key end, const RangeOptions& options = {}) {
  if (!(begin <= end)) detail::throw_keys_backwards(reader);
  const bool after_begin = options.begin == Bound::exclusive;
  const bool after_end = options.end == Bound::inclusive;
  for (;;) {
    const WriterState writer = options.require_end ? reader.writer_state() : WriterState::live;
    const IndexRange there = reader.readable();
    KeyRange range;
    range.items.begin = detail::find_bound(map, begin, after_begin, there);
    bool is_certain = detail::begins_there(map, begin, after_begin, range.items.begin);
    if (options.round_down && is_certain && range.items.begin > 0) {
      // The item before is the last at or before the begin, unless an item has exactly this key.
      const auto at = range.items.begin < there.end ? map.key(range.items.begin) : std::nullopt;
      const bool has_own = !after_begin && at && *at == begin;
      if (!has_own) {
        range.items.begin -= 1;
        is_certain = range.items.begin >= there.begin;
      }
    }
    range.items.end = detail::find_bound(map, end, after_end, there);
    range.may_grow = range.items.end == there.end;
    if (options.newer_than_cursor && range.items.begin <= reader.cursor()) {
      range.items.begin = reader.cursor();  // overwritten items before the cursor do not matter
      is_certain = range.items.begin >= there.begin;
    }
    range.items.end = std::max(range.items.begin, range.items.end);
    // The items that were found may have been overwritten meanwhile.
    const Index oldest = reader.oldest();
    if (range.items.begin < oldest && !range.items.empty()) is_certain = false;
    if (!is_certain) {
      if (!options.take_what_is_left) detail::throw_key_past(reader, range.items, {oldest, there.end});
      range.begins_in_past = true;
      range.items.begin = std::max(range.items.begin, oldest);
      range.items.end = std::max(range.items.begin, range.items.end);
    }
    if (!options.require_end || !range.may_grow) return range;
    if (writer == WriterState::ended) {
      range.may_grow = false;
      return range;
    }
    const bool has_more = there.end < UINT64_MAX;  // a damaged counter may have any value
    if (options.wait.is_now() || !has_more)
      detail::throw_key_future(reader, range.items, {oldest, there.end});
    const Status status = reader.wait_for(there.end + 1, options.wait);
    if (status != Status::ok && status != Status::ended) reader.throw_status(status);
  }
}

/// A reader with the index map of its stream.
template <class AnyReader, IndexMap Map>
class Keyed {
 public:
  using Key = typename Map::Key;
  using value_type = typename AnyReader::value_type;

  Keyed(AnyReader reader, Map map) : reader_(std::move(reader)), map_(std::move(map)) {}

  [[nodiscard]] AnyReader& reader() noexcept { return reader_; }
  [[nodiscard]] const AnyReader& reader() const noexcept { return reader_; }
  [[nodiscard]] const Map& map() const noexcept { return map_; }

  /// Only the indices. @throws what find_range() throws.
  [[nodiscard]] KeyRange find(Key begin, Key end, const RangeOptions& options = {}) {
    return find_range(reader_.raw(), map_, begin, end, options);
  }

  /// Copies of the items. @throws what find_range() throws; OverlapsPast also if items were overwritten
  /// meanwhile.
  [[nodiscard]] std::vector<value_type> range(Key begin, Key end, const RangeOptions& options = {}) {
    const ItemSource& stored = reader_.raw().items();
    for (;;) {
      const IndexRange found = find(begin, end, options).items;
      std::vector<value_type> items(found.size());
      if (items.empty() ||
          stored.copy(found.begin, found.size(), reinterpret_cast<std::byte*>(items.data()))) {
        return items;
      }
      // Overwritten meanwhile: find the items that are left.
      if (!options.take_what_is_left) detail::throw_key_past(reader_.raw(), found, reader_.readable());
    }
  }

  /// A view in place, at a cost that does not depend on its size. Call intact() after use.
  [[nodiscard]] View<value_type> range_view(Key begin, Key end, const RangeOptions& options = {}) {
    const IndexRange items = find(begin, end, options).items;
    return View<value_type>(RawView(reader_.raw().items(), {items.begin, items.end, 1}));
  }

  /// The last item at or before a key; empty if there is none. @throws OverlapsPast  it was overwritten.
  [[nodiscard]] std::optional<Index> at_or_before(Key key) {
    const IndexRange there = reader_.readable();
    const Index after = detail::find_bound(map_, key, true, there);
    if (after == 0) return std::nullopt;
    // An item without a key (its anchor was overwritten) may be after the key.
    if (after > there.begin && map_.key(after - 1) && after - 1 >= reader_.oldest()) return after - 1;
    detail::throw_key_past(reader_.raw(), {after - 1, after}, reader_.readable());
  }

  [[nodiscard]] std::optional<Key> key(Index index) const { return map_.key(index); }

 private:
  AnyReader reader_;
  Map map_;
};

/// A reader with a map that is made from it: Ledger, KeyInItem<>, StreamKeys. @throws what the map's
/// constructor throws.
template <IndexMap Map, class AnyReader>
[[nodiscard]] Keyed<AnyReader, Map> keyed(AnyReader reader) {
  Map map(reader.raw());
  return {std::move(reader), std::move(map)};
}

}  // namespace shm
