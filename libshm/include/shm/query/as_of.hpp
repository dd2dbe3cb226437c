// SPDX-License-Identifier: Apache-2.0

// Looking up in one stream what belongs to a key of another: as of then, with a tolerance.
//
//   shm::AsOf<> load = shm::as_of(reader.raw(), map, t);                       // the last item at or before
//   t if (load.state == shm::AsOfState::found) use(reader.item(load.index));
//
//   for (const auto& row : shm::aligned(mic, {t0, t1}, {.how = shm::AsOfMethod::nearest}, cpu, heat)) {
//     row.item, row.key;                                                       // of the first stream
//     const auto& [c, h] = row.others;                                         // std::optional<Cpu>, <Heat>
//   }
//
//   std::optional<double> kelvin = shm::interpolate(heat, t, [](const Heat& h) { return h.kelvin; });
//
// Each stream has its own index map; all of the same kind of key. One thread at a time, as the readers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/query/key_range.hpp"

namespace shm {

enum class AsOfMethod : std::uint8_t {
  previous,  ///< the last item at or before the key
  next,      ///< the first item at or after it
  nearest    ///< whichever is closer; the previous one of two that are as close
};

enum class AsOfState : std::uint8_t {
  found,
  none,     ///< no item is there, or none within the tolerance; and none will come
  gone,     ///< it is overwritten
  not_yet,  ///< an item that is still to come may be it; `index` is what it is so far, if there is something
};

template <class K = std::int64_t>
struct AsOfOptions {
  AsOfMethod how = AsOfMethod::previous;
  std::optional<K> tolerance = {};  ///< an item that is further from the key does not count
  /// How long to wait where the answer may change with items that are still to come.
  Deadline wait = Deadline::now();
};

template <class K = std::int64_t>
struct AsOf {
  AsOfState state = AsOfState::none;
  std::optional<Index> index = {};
  K key{};  ///< of that item
};

namespace detail {

/// What lies around a key.
template <class K>
struct Around {
  struct Item {
    Index index = 0;
    K key{};
  };
  std::optional<Item> previous;  ///< the last at or before it
  std::optional<Item> next;      ///< the first at or after it
  bool previous_is_gone = false;
  bool next_is_gone = false;  ///< one before `next` may have been the first
  bool has_later = false;     ///< an item is after the key: none that comes will be at it or before
  bool has_ended = false;
};

template <IndexMap Map>
[[nodiscard]] Around<typename Map::Key> look_around(const RawReader& reader, const Map& map,
                                                    typename Map::Key key) {
  using K = typename Map::Key;
  for (;;) {
    Around<K> around;
    around.has_ended = reader.writer_state() == WriterState::ended;
    const IndexRange there = reader.readable();
    const Index at = map.lower(key, there);
    const Index after = find_bound(map, key, true, there);
    around.has_later = after < there.end;
    around.next_is_gone = !begins_there(map, key, false, at);
    bool is_whole = true;
    const auto look = [&](Index index) {
      const std::optional<K> its_key = map.key(index);
      is_whole = is_whole && its_key.has_value();
      return its_key ? std::optional<typename Around<K>::Item>({index, *its_key}) : std::nullopt;
    };
    if (after > there.begin) around.previous = look(after - 1);
    if (at < there.end) around.next = look(at);
    // Not overwritten, and yet without a key: its anchor is gone.
    around.previous_is_gone = after > 0 && !around.previous;
    // Overwritten since we looked: look again at what is left.
    if (is_whole || reader.oldest() <= there.begin) return around;
  }
}

template <class K>
[[nodiscard]] auto distance(K a, K b) noexcept {
  if constexpr (std::is_integral_v<K>) {
    // Without a sign: they may be further apart than a signed one says.
    using Unsigned = std::make_unsigned_t<K>;
    return a < b ? static_cast<Unsigned>(static_cast<Unsigned>(b) - static_cast<Unsigned>(a))
                 : static_cast<Unsigned>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
  } else {
    return a < b ? b - a : a - b;
  }
}

/// The answer by what is there, whatever is still to come.
template <class K>
[[nodiscard]] AsOf<K> choose(const Around<K>& around, K key, const AsOfOptions<K>& options) noexcept {
  const bool is_gone = options.how == AsOfMethod::next ? around.next_is_gone : around.previous_is_gone;
  if (is_gone) return {AsOfState::gone, std::nullopt, K{}};
  auto item = options.how == AsOfMethod::next ? around.next : around.previous;
  if (options.how == AsOfMethod::nearest && around.next &&
      (!item || distance(around.next->key, key) < distance(item->key, key))) {
    item = around.next;
  }
  if (!item) return {};
  if (options.tolerance && *options.tolerance >= K{}) {
    if (distance(item->key, key) > static_cast<decltype(distance(key, key))>(*options.tolerance)) return {};
  }
  return {AsOfState::found, item->index, item->key};
}

}  // namespace detail

/// @throws Interrupted, WriterLost while waiting.
template <IndexMap Map>
[[nodiscard]] AsOf<typename Map::Key> as_of(RawReader& reader, const Map& map, typename Map::Key key,
                                            const AsOfOptions<typename Map::Key>& options = {}) {
  for (;;) {
    const Index seen = reader.inserted();
    const auto around = detail::look_around(reader, map, key);
    auto answer = detail::choose(around, key, options);
    const bool is_settled = options.how == AsOfMethod::next ? around.next.has_value() : around.has_later;
    if (is_settled || around.has_ended || answer.state == AsOfState::gone) return answer;
    if (!options.wait.is_now() && seen < UINT64_MAX) {
      const Status status = reader.wait_for(seen + 1, options.wait);
      if (status == Status::ok || status == Status::ended) continue;
      if (status != Status::timed_out) reader.throw_status(status);
    }
    answer.state = AsOfState::not_yet;
    return answer;
  }
}

template <class AnyReader, IndexMap Map>
[[nodiscard]] AsOf<typename Map::Key> as_of(Keyed<AnyReader, Map>& in, typename Map::Key key,
                                            const AsOfOptions<typename Map::Key>& options = {}) {
  return as_of(in.reader().raw(), in.map(), key, options);
}

/// The value at a key, on the straight line between the items around it: number(item) of each. Empty: there
/// are none on both sides (or at the key), or one is further from the key than the tolerance; or it is gone
/// or not yet there.
template <class AnyReader, IndexMap Map, class Number>
[[nodiscard]] std::optional<double> interpolate(Keyed<AnyReader, Map>& in, typename Map::Key key,
                                                Number number,
                                                const AsOfOptions<typename Map::Key>& options = {}) {
  using K = typename Map::Key;
  AsOfOptions<K> wanted = options;
  wanted.how = AsOfMethod::previous;
  const AsOf<K> before = as_of(in, key, wanted);
  if (!before.index || before.state == AsOfState::gone) return std::nullopt;
  const auto value = [&](Index index) -> std::optional<double> {
    try {
      return static_cast<double>(number(in.reader().item(static_cast<std::int64_t>(index))));
    } catch (const OverlapsPast&) {
      return std::nullopt;
    }
  };
  if (before.key == key) return value(*before.index);
  wanted.how = AsOfMethod::next;
  const AsOf<K> after = as_of(in, key, wanted);
  if (after.state != AsOfState::found) return std::nullopt;
  const std::optional<double> a = value(*before.index);
  const std::optional<double> b = value(*after.index);
  if (!a || !b) return std::nullopt;
  const double way = static_cast<double>(detail::distance(key, before.key)) /
                     static_cast<double>(detail::distance(after.key, before.key));
  return *a + (*b - *a) * way;
}

/// A row of an alignment: an item of the first stream, and what the others had as of its key.
template <class K, class T, class... Others>
struct AlignedRow {
  Index index = 0;
  K key{};
  T item{};
  std::tuple<std::optional<Others>...> others;
  std::array<AsOfState, sizeof...(Others)> states{};
};

/// For each item of `first` in [begin, end), the items of the others as of its key.
/// @throws as find_range for `first`; as_of for the others.
template <class FirstReader, IndexMap FirstMap, class... Readers, class... Maps>
[[nodiscard]] auto aligned(Keyed<FirstReader, FirstMap>& first, const Interval<typename FirstMap::Key>& query,
                           const AsOfOptions<typename FirstMap::Key>& options,
                           Keyed<Readers, Maps>&... others) {
  using K = typename FirstMap::Key;
  using T = typename FirstReader::value_type;
  std::vector<AlignedRow<K, T, typename Readers::value_type...>> rows;
  const IndexRange items = first.find(query.begin, query.end).items;
  const std::vector<T> mine =
      first.reader().slice({static_cast<std::int64_t>(items.begin), static_cast<std::int64_t>(items.end), 1});
  for (std::size_t i = 0; i < mine.size(); ++i) {
    AlignedRow<K, T, typename Readers::value_type...> row;
    row.index = items.begin + i;
    row.item = mine[i];
    const std::optional<K> key = first.key(row.index);
    if (!key) detail::throw_key_past(first.reader().raw(), items, first.reader().readable());
    row.key = *key;
    std::size_t column = 0;
    const auto look = [&](auto& other) {
      using Item = typename std::remove_reference_t<decltype(other)>::value_type;
      std::optional<Item> item;
      const AsOf<K> found = as_of(other, row.key, options);
      AsOfState& state = row.states[column++];
      state = found.state;
      if (!found.index || state == AsOfState::gone) return item;
      try {
        item = other.reader().item(static_cast<std::int64_t>(*found.index));
      } catch (const OverlapsPast&) {
        state = AsOfState::gone;
      }
      return item;
    };
    row.others = std::tuple<std::optional<typename Readers::value_type>...>{look(others)...};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace shm
