// SPDX-License-Identifier: Apache-2.0

// The results of queries by key, by a naive search that tests one item after another.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shm/query/as_of.hpp"
#include "support/print.hpp"

namespace shm::test {

using Random = std::mt19937_64;

/// A number of [0, count).
inline std::uint64_t below(Random& random, std::uint64_t count) {
  return std::uniform_int_distribution<std::uint64_t>(0, count - 1)(random);
}
inline bool one_in(Random& random, std::uint64_t count) { return below(random, count) == 0; }

/// The keys of all items that were ever appended, by index, and which of them are readable.
template <class K>
struct NaiveKeys {
  std::vector<K> keys;
  IndexRange there;  ///< items that are readable
  Index known = 0;   ///< the oldest item with a key
  bool has_ended = false;

  /// Records which items are readable, and checks that the map has the right key of each.
  template <class AnyReader, class Map>
  void look(const AnyReader& reader, const Map& map) {
    there = reader.readable();
    ASSERT_EQ(there.end, keys.size());
    known = there.begin;
    if (known > 0 && map.key(known - 1)) {  // anchors may stay longer than items
      --known;
    } else {
      while (known < there.end && !map.key(known)) ++known;
    }
    for (Index i = known; i < there.end; ++i) ASSERT_EQ(map.key(i), keys[i]) << "key of item " << i;
    ASSERT_EQ(map.key(there.end), std::nullopt);
  }

  [[nodiscard]] Index first() const { return std::max(known, there.begin); }

  /// The first item with a key at which the predicate holds, or the end.
  template <class Predicate>
  [[nodiscard]] Index find(Predicate holds) const {
    Index i = first();
    while (i < there.end && !holds(keys[i])) ++i;
    return i;
  }
  /// Whether it is certain that the predicate holds for no earlier item.
  template <class Predicate>
  [[nodiscard]] bool is_first(Index i, Predicate holds) const {
    return i == 0 || (i - 1 >= known && i - 1 < there.end && !holds(keys[i - 1]));
  }
};

enum class Outcome { answer, past, future, invalid };

inline void PrintTo(Outcome outcome, std::ostream* out) {
  *out << (outcome == Outcome::answer   ? "answer"
           : outcome == Outcome::past   ? "OverlapsPast"
           : outcome == Outcome::future ? "OverlapsFuture"
                                        : "InvalidArgument");
}

/// The result of find_range(), or its exception.
struct RangeAnswer {
  Outcome outcome = Outcome::answer;
  IndexRange items = {};  ///< of the query, if it throws
  IndexRange readable = {};
  bool begins_in_past = false;
  bool may_grow = false;
  friend bool operator==(const RangeAnswer&, const RangeAnswer&) = default;
};

inline void PrintTo(const RangeAnswer& answer, std::ostream* out) {
  PrintTo(answer.outcome, out);
  *out << ' ' << answer.items.begin << ':' << answer.items.end << " of " << answer.readable.begin << ':'
       << answer.readable.end << (answer.begins_in_past ? " in past" : "")
       << (answer.may_grow ? " may grow" : "");
}

template <class K>
RangeAnswer naive_range(const NaiveKeys<K>& all, K begin, K end, const RangeOptions& options, Index cursor) {
  if (!(begin <= end)) return {.outcome = Outcome::invalid};
  const auto has_begun = [&](K key) {
    return options.begin == Bound::inclusive ? begin <= key : begin < key;
  };
  const auto is_over = [&](K key) { return options.end == Bound::inclusive ? end < key : end <= key; };
  RangeAnswer answer{.readable = all.there};
  Index& first = answer.items.begin;
  Index& past = answer.items.end;
  first = all.find(has_begun);
  past = all.find(is_over);
  bool is_certain = all.is_first(first, has_begun);
  const bool has_own = options.begin == Bound::inclusive && first < all.there.end && all.keys[first] == begin;
  if (options.round_down && is_certain && first > 0 && !has_own) {
    --first;
    is_certain = first >= all.there.begin;
  }
  if (options.newer_than_cursor && first <= cursor) {
    first = cursor;  // earlier items do not matter
    is_certain = cursor >= all.there.begin;
  }
  answer.may_grow = past == all.there.end;
  past = std::max(first, past);
  if (!is_certain) {
    if (!options.take_what_is_left) {
      answer.outcome = Outcome::past;
      answer.may_grow = false;
      return answer;
    }
    answer.begins_in_past = true;
    first = std::max(first, all.there.begin);
    past = std::max(first, past);
  }
  if (options.require_end && answer.may_grow) {
    if (!all.has_ended) answer.outcome = Outcome::future;
    answer.may_grow = false;
    if (!all.has_ended) answer.begins_in_past = false;
  }
  return answer;
}

/// The last item at or before a key.
struct LastAnswer {
  Outcome outcome = Outcome::answer;
  std::optional<Index> index = {};
  friend bool operator==(const LastAnswer&, const LastAnswer&) = default;
};

template <class K>
LastAnswer naive_at_or_before(const NaiveKeys<K>& all, K key) {
  const auto is_after = [&](K its) { return key < its; };
  const Index after = all.find(is_after);
  if (after > all.first()) return {.index = after - 1};
  return after == 0 ? LastAnswer{} : LastAnswer{.outcome = Outcome::past};
}

template <class K>
auto naive_distance(K a, K b) {
  using Wide = std::conditional_t<std::is_integral_v<K>, long double, K>;  // of 64 bits: exact
  return std::abs(static_cast<Wide>(a) - static_cast<Wide>(b));
}

template <class K>
AsOf<K> naive_as_of(const NaiveKeys<K>& all, K key, const AsOfOptions<K>& options) {
  const auto is_at_or_after = [&](K its) { return key <= its; };
  const auto is_after = [&](K its) { return key < its; };
  const Index at = all.find(is_at_or_after);
  const Index after = all.find(is_after);
  const bool has_previous = after > all.first();
  const bool has_next = at < all.there.end;
  const bool is_next = options.how == AsOfMethod::next;
  if (is_next ? !all.is_first(at, is_at_or_after) : !has_previous && after > 0) {
    return {.state = AsOfState::gone};
  }
  std::optional<Index> item;
  if (!is_next && has_previous) item = after - 1;
  if (is_next && has_next) item = at;
  if (options.how == AsOfMethod::nearest && has_next &&
      (!item || naive_distance(all.keys[at], key) < naive_distance(all.keys[*item], key))) {
    item = at;
  }
  if (item && options.tolerance &&
      naive_distance(all.keys[*item], key) > naive_distance(*options.tolerance, K{})) {
    item.reset();
  }
  const bool is_settled = all.has_ended || (is_next ? has_next : after < all.there.end);
  AsOf<K> answer;
  answer.index = item;
  if (item) answer.key = all.keys[*item];
  answer.state = !is_settled ? AsOfState::not_yet : item ? AsOfState::found : AsOfState::none;
  return answer;
}

template <class K, class Value>
std::optional<double> naive_interpolation(const NaiveKeys<K>& all, K key, const AsOfOptions<K>& options,
                                          Value value) {
  AsOfOptions<K> by = options;
  by.how = AsOfMethod::previous;
  const AsOf<K> a = naive_as_of(all, key, by);
  if (a.state == AsOfState::gone || !a.index) return std::nullopt;
  if (a.key == key) return value(*a.index);
  by.how = AsOfMethod::next;
  const AsOf<K> b = naive_as_of(all, key, by);
  if (b.state != AsOfState::found) return std::nullopt;
  const auto way = static_cast<double>(naive_distance(key, a.key) / naive_distance(b.key, a.key));
  return value(*a.index) + (value(*b.index) - value(*a.index)) * way;
}

}  // namespace shm::test
