// SPDX-License-Identifier: Apache-2.0

// As of a key: the item of a stream that belongs to a key of another, such as the last item at or before it.
//
//   auto heat = shm::keyed<shm::KeyInItem<>>(shm::Reader<Heat>("lab/heat", shm::Start::oldest()));
//   const shm::AsOf<> last = shm::as_of(heat, t);  // the last item at or before t
//   if (last.state == shm::AsOfState::found) use(heat.reader().item(static_cast<std::int64_t>(*last.index)));
//   const shm::AsOf<> near = shm::as_of(heat, t, {.how = shm::AsOfMethod::nearest, .tolerance = 1'000'000});
//   std::optional<double> kelvin = shm::interpolate(heat, t, [](const Heat& h) { return h.kelvin; });
//   use(near, kelvin);
//
// For each item of one stream the items of several others: shm/operators/as_of_join.hpp.
//
// Threads: one at a time, as for the reader.
// Throws Interrupted and WriterLost, and only while it waits (AsOfOptions::wait).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "shm/base/number_order.hpp"
#include "shm/query/key_range.hpp"

namespace shm {

enum class AsOfMethod : std::uint8_t {
  previous,  ///< the last item at or before the key
  next,      ///< the first item at or after it
  nearest    ///< the closer of these two; the previous one if both are as close
};

enum class AsOfState : std::uint8_t {
  found,
  none,     ///< there is no such item (within the tolerance), and no later item can become it
  gone,     ///< the item was overwritten
  not_yet,  ///< a later item may become it; `index` is the item so far, if there is one
};

template <class K = std::int64_t>
struct AsOfOptions {
  AsOfMethod how = AsOfMethod::previous;
  std::optional<K> tolerance = {};  ///< an item that is further from the key does not count
  /// How long to wait while a later item may change the result.
  Deadline wait = Deadline::now();
};

template <class K = std::int64_t>
struct AsOf {
  AsOfState state = AsOfState::none;
  std::optional<Index> index = {};
  K key{};  ///< of that item
};

namespace detail {

/// The items around a key.
template <class K>
struct Around {
  struct Item {
    Index index = 0;
    K key{};
  };
  std::optional<Item> previous;  ///< the last item at or before the key
  std::optional<Item> next;      ///< the first item at or after the key
  bool previous_is_gone = false;
  bool next_is_gone = false;  ///< an overwritten item may have been the first
  bool has_later = false;     ///< an item is after the key: no later item can be at the key or before it
  bool has_ended = false;     ///< the stream has
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
    // Also an item that is still there may have no key: then its anchor is gone.
    around.previous_is_gone = after > 0 && !around.previous;
    // If an item was overwritten meanwhile, then look again among those that are still there.
    if (is_whole || reader.oldest() <= there.begin) return around;
  }
}

/// The result from the items that are there, as if no later item could change it.
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

/// The item that belongs to a key. @throws Interrupted, WriterLost  while waiting.
template <IndexMap Map>
[[nodiscard]] AsOf<typename Map::Key> as_of(RawReader& reader, const Map& map, typename Map::Key key,
                                            const AsOfOptions<typename Map::Key>& options = {}) {
  for (;;) {
    const Index seen = reader.inserted();
    const auto around = detail::look_around(reader, map, key);
    auto result = detail::choose(around, key, options);
    const bool is_final = options.how == AsOfMethod::next ? around.next.has_value() : around.has_later;
    if (is_final || around.has_ended || result.state == AsOfState::gone) return result;
    if (!options.wait.is_now() && seen < UINT64_MAX) {
      const Status status = reader.wait_for(seen + 1, options.wait);
      if (status == Status::ok || status == Status::ended) continue;
      if (status != Status::timed_out) reader.throw_status(status);
    }
    result.state = AsOfState::not_yet;
    return result;
  }
}

template <class AnyReader, IndexMap Map>
[[nodiscard]] AsOf<typename Map::Key> as_of(Keyed<AnyReader, Map>& in, typename Map::Key key,
                                            const AsOfOptions<typename Map::Key>& options = {}) {
  return as_of(in.reader().raw(), in.map(), key, options);
}

/// The value at a key, on the straight line between the two items around it; number(item) is the value of an
/// item. Empty if there is no item at the key and not one on each side; if one of them is further from the
/// key than the tolerance; and if one was overwritten or is not there yet.
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
  const double part =
      static_cast<double>(distance(key, before.key)) / static_cast<double>(distance(after.key, before.key));
  return *a + (*b - *a) * part;
}

}  // namespace shm
