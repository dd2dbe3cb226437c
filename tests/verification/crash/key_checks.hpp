// SPDX-License-Identifier: Apache-2.0

// Checks that hold for a stream whose items have keys after any process died. Each item contains the key that its own
// writer gave it; the index maps must return the same key.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/key_range.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"

namespace shm::test {

using KeyedItem = TimeAndValue<CheckedItem<3>>;

[[nodiscard]] inline KeyedItem keyed_item(Index index, std::int64_t key) {
  KeyedItem item{.time = key, .value = checked_item<3>(index)};
  item.value[2] ^= static_cast<std::uint64_t>(key);
  return item;
}
[[nodiscard]] inline bool is_keyed_item(const KeyedItem& item, Index index) {
  return item.value == keyed_item(index, item.time).value;
}

/// Map: Ledger if appends are stamped, KeyInItem<> if items contain their time. `step`: the difference of the keys of
/// two items of one append.
template <class Map>
class KeyChecks {
 public:
  using Key = std::int64_t;
  using Item = KeyedItem;
  static constexpr bool is_stamped = std::is_same_v<Map, Ledger>;

  /// `in` is the directory of the stream; empty: LIBSHM_DIR.
  KeyChecks(StreamOptions options, Key step, std::string in = {})
      : options_(std::move(options)), step_(step) {
    options_.directory = std::move(in);
  }

  [[nodiscard]] Reader<Item> reader(Start start = Start::oldest()) const {
    return Reader<Item>("keyed", start, {.waiting = WaitStrategy::sleep(), .directory = options_.directory});
  }
  [[nodiscard]] Writer<Item> writer() const { return Writer<Item>("keyed", options_); }

  [[nodiscard]] std::vector<Item> items(Index first, Key key, std::uint64_t count) const {
    std::vector<Item> items;
    for (Index i = 0; i < count; ++i) {
      items.push_back(keyed_item(first + i, key + step_ * static_cast<Key>(i)));
    }
    return items;
  }
  [[nodiscard]] static std::optional<Stamp> stamp(Key key) {
    return is_stamped ? std::optional(Stamp::first(key)) : std::nullopt;
  }
  /// Appends `count` items, the first of which has this key.
  void append(Writer<Item>& out, Key key, std::uint64_t count = 1) const {
    const std::vector<Item> batch = items(out.inserted(), key, count);
    out.append(std::span<const Item>(batch), stamp(key));
  }
  void publish(Writer<Item>& out, Key key, std::uint64_t count) const {
    const std::span<Item> slots = out.claim(out.max_claim());
    const std::vector<Item> batch = items(out.inserted(), key, slots.size());
    std::copy(batch.begin(), batch.end(), slots.begin());
    out.publish(count, stamp(key));
  }

  /// Checks the results of a reader for every readable item, its key, and all keys around it.
  void answers(Reader<Item>& reader, const Map& map) const {
    const IndexRange there = reader.readable();
    ASSERT_GE(there.size(), std::min(reader.history(), there.end - reader.info().items.first_index));
    const std::vector<Item> all =
        reader[{static_cast<std::int64_t>(there.begin), static_cast<std::int64_t>(there.end)}];
    ASSERT_EQ(all.size(), there.size());
    std::vector<Key> keys;
    for (Index i = there.begin; i < there.end; ++i) {
      const Item& item = all[i - there.begin];
      ASSERT_TRUE(is_keyed_item(item, i)) << "item " << i;
      ASSERT_EQ(map.key(i), item.time) << "item " << i << " of " << there.begin << " to " << there.end;
      ASSERT_TRUE(keys.empty() || keys.back() <= item.time) << "item " << i;
      keys.push_back(item.time);
    }
    ASSERT_EQ(map.key(there.end), std::nullopt);
    if (keys.empty()) return;
    if (there.begin > 0) {
      ASSERT_LE(map.key(there.begin - 1).value_or(keys.front()), keys.front());
    }
    std::vector<Key> copied(keys.size());
    ASSERT_TRUE(map.copy_keys(there.begin, copied));
    ASSERT_EQ(copied, keys);
    leads_to(map, keys, there);
    ranges(reader, map, keys, there);
    if constexpr (is_stamped) gaps(map, keys, there);
  }

  /// Checks a stream that a dead process left: readers read it, and the next writer continues with other keys than
  /// the dead process would have given. `is_right` returns whether this count of inserted items is possible.
  void outlives(const std::function<bool(Index)>& is_right) const {
    Reader<Item> before = reader();
    const Map map(before.raw());
    const Index n = before.inserted();
    ASSERT_TRUE(is_right(n)) << n << " items inserted";
    ASSERT_EQ(before.writer_state(), WriterState::lost);
    answers(before, map);
    Key key = n > 0 ? map.key(n - 1).value_or(0) : -3;

    Writer<Item> out = writer();
    ASSERT_EQ(out.inserted(), n);
    if (n > 0) {
      ASSERT_THROW(append(out, key - 1), KeyDecreases);
    }
    if (is_stamped) {
      ASSERT_THROW(out.append(keyed_item(n, key)), InvalidArgument);
    }
    ASSERT_EQ(out.inserted(), n);
    append(out, key, 3);  // the smallest allowed key
    answers(before, map);
    key += 2 * step_;
    const std::uint64_t around = out.info().items.capacity + 3;
    Reader<Item> after = reader(Start::next());
    const Map map_after(after.raw());
    for (std::uint64_t i = 0; i < around; i += 2) {
      key += i % 50 == 0 ? 5'000'000 : static_cast<Key>(i % 3) + step_;
      append(out, key, 2);
      key += step_;
      if (i == 0 || i % 64 == 62) answers(after, map_after);
    }
    publish(out, key + 7, 2);
    answers(before, map);
    answers(after, map_after);
    out.close();
    ASSERT_EQ(after.writer_state(), WriterState::ended);
    answers(after, map_after);
  }

 private:
  static Index lower(const std::vector<Key>& keys, IndexRange there, Key key) {
    return there.begin + static_cast<Index>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin());
  }

  /// Compares with a search in a plain list, for all keys around the existing ones.
  static void leads_to(const Map& map, const std::vector<Key>& keys, IndexRange there) {
    std::set<Key> wanted{keys.front() - 1000, keys.back() + 1000, INT64_MIN, INT64_MAX};
    for (const Key key : keys) {
      for (const Key at : {key - 1, key, key + 1}) wanted.insert(at);
    }
    const IndexRange part{there.begin + there.size() / 3, there.end - there.size() / 4};
    for (const Key key : wanted) {
      const Index expected = lower(keys, there, key);
      ASSERT_EQ(map.lower(key, there), expected) << "key " << key;
      ASSERT_EQ(map.lower(key, part), std::clamp(expected, part.begin, part.end)) << "key " << key;
    }
  }

  static void ranges(Reader<Item>& reader, const Map& map, const std::vector<Key>& keys, IndexRange there) {
    const std::size_t last = keys.size() - 1;
    const std::set<Key> bounds{keys[0], keys[last / 2] - 1, keys[last / 2], keys[last], keys[last] + 1};
    for (const Key begin : bounds) {
      for (const Key end : bounds) {
        for (unsigned how = 0; begin <= end && how < 8; ++how) {
          const RangeOptions options{.begin = (how & 1U) != 0 ? Bound::exclusive : Bound::inclusive,
                                     .end = (how & 2U) != 0 ? Bound::inclusive : Bound::exclusive,
                                     .round_down = (how & 4U) != 0};
          range(reader, map, keys, there, begin, end, options);
        }
      }
    }
  }
  static void range(Reader<Item>& reader, const Map& map, const std::vector<Key>& keys, IndexRange there,
                    Key begin, Key end, RangeOptions options) {
    const bool after_begin = options.begin == Bound::exclusive;
    Index first = lower(keys, there, after_begin ? begin + 1 : begin);
    const bool has_own = !after_begin && first < there.end && keys[first - there.begin] == begin;
    if (options.round_down && first > there.begin && !has_own) --first;
    const Index past = lower(keys, there, options.end == Bound::inclusive ? end + 1 : end);
    const IndexRange expected{first, std::max(first, past)};
    if (first > there.begin) {
      ASSERT_EQ(find_range(reader.raw(), map, begin, end, options).items, expected) << begin << " to " << end;
    }
    options.take_what_is_left = true;
    ASSERT_EQ(find_range(reader.raw(), map, begin, end, options).items, expected) << begin << " to " << end;
  }

  /// Checks that each gap lies between the keys of two adjacent items.
  static void gaps(const Ledger& map, const std::vector<Key>& keys, IndexRange there) {
    for (const KeyGap& gap : map.gaps(keys.front() - 10, keys.back() + 10, there)) {
      ASSERT_TRUE(gap.index > there.begin && gap.index < there.end) << gap.index;
      const Index at = gap.index - there.begin;
      ASSERT_EQ(gap.end, keys[at]) << gap.index;
      ASSERT_LT(gap.begin, gap.end) << gap.index;
      ASSERT_GT(gap.begin, keys[at - 1]) << gap.index;
    }
  }

  StreamOptions options_;
  Key step_;
};

}  // namespace shm::test
