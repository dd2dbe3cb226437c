// SPDX-License-Identifier: Apache-2.0

// The as-of join: for each item of one stream, the items that other streams had as of its key.
//
//   auto ticks = shm::keyed<shm::KeyInItem<>>(shm::Reader<Tick>("market/ticks", shm::Start::oldest()));
//   auto heat = shm::keyed<shm::KeyInItem<>>(shm::Reader<Heat>("lab/heat", shm::Start::oldest()));
//   for (const auto& row : shm::as_of_join(ticks, {t0, t1}, {.how = shm::AsOfMethod::nearest}, heat)) {
//     const std::optional<Heat>& its_heat = std::get<0>(row.others);
//     use(row.key, row.item, its_heat);
//   }
//
// All streams have keys of the same type; each has its own index map. The options are those of as_of()
// (shm/query/as_of.hpp), which finds the item of each other stream.
//
// Threads: one at a time, as for the readers.
// Throws what find_range() throws for the first stream, and what as_of() throws for the others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/query/as_of.hpp"

namespace shm {

/// An item of the first stream, and the items of the others as of its key.
template <class K, class T, class... Others>
struct AsOfRow {
  Index index = 0;
  K key{};
  T item{};
  std::tuple<std::optional<Others>...> others;        ///< empty: see the state
  std::array<AsOfState, sizeof...(Others)> states{};  ///< of each of the others
};

namespace detail {

/// A copy of the item that a stream had as of a key. Stores the state.
template <class AnyReader, IndexMap Map>
[[nodiscard]] std::optional<typename AnyReader::value_type> item_as_of(
    Keyed<AnyReader, Map>& in, typename Map::Key key, const AsOfOptions<typename Map::Key>& options,
    AsOfState& state) {
  const AsOf<typename Map::Key> found = as_of(in, key, options);
  state = found.state;
  if (!found.index || state == AsOfState::gone) return std::nullopt;
  try {
    return in.reader().item(static_cast<std::int64_t>(*found.index));
  } catch (const OverlapsPast&) {
    state = AsOfState::gone;
    return std::nullopt;
  }
}

}  // namespace detail

/// One row for each item of `first` in the query.
template <class FirstReader, IndexMap FirstMap, class... Readers, class... Maps>
[[nodiscard]] auto as_of_join(Keyed<FirstReader, FirstMap>& first,
                              const Interval<typename FirstMap::Key>& query,
                              const AsOfOptions<typename FirstMap::Key>& options,
                              Keyed<Readers, Maps>&... others) {
  using K = typename FirstMap::Key;
  using T = typename FirstReader::value_type;
  using Row = AsOfRow<K, T, typename Readers::value_type...>;
  const IndexRange range = first.find(query.begin, query.end).items;
  const std::vector<T> items =
      first.reader().slice({static_cast<std::int64_t>(range.begin), static_cast<std::int64_t>(range.end), 1});
  std::vector<Row> rows;
  for (std::size_t i = 0; i < items.size(); ++i) {
    Row row;
    row.index = range.begin + i;
    row.item = items[i];
    const std::optional<K> key = first.key(row.index);
    if (!key) detail::throw_key_past(first.reader().raw(), range, first.reader().readable());
    row.key = *key;
    std::size_t column = 0;
    const auto look = [&](auto& other) {
      return detail::item_as_of(other, row.key, options, row.states[column++]);
    };
    // Braces: the streams are queried from left to right.
    row.others = std::tuple<std::optional<typename Readers::value_type>...>{look(others)...};
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace shm
