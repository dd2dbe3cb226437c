// SPDX-License-Identifier: Apache-2.0

// Intervals of keys, and which of them match a query.
//
//   const shm::Interval<> item = shm::StampInterval<>::at_end(20).of(100);  // [80, 100)
//   if (shm::matches(item, {90, 200})) use(item);                           // they intersect
//
// A stamp stands for an interval around it. There are five ways to give the interval of an item:
//
//   StampInterval<>::at_begin(d)   a stamp t at its begin       [t, t + d)
//   StampInterval<>::at_end(d)     at its end                   [t - d, t)
//   StampInterval<>::in_middle(d)  in its middle                [t - d/2, t - d/2 + d)
//   StampInterval<>::instant()     it takes no time             [t, t]
//   explicit_intervals(...)        two fields of the item       [begin, end)
//
// and five ways to match a query q:
//
//   intersects  item and query share a moment     item.begin < q.end    and  item.end > q.begin
//   contained   the item lies within the query    item.begin >= q.begin and  item.end <= q.end
//   starts_in   the item begins in the query      q.begin <= item.begin < q.end
//   ends_in     the item ends in the query        q.begin < item.end <= q.end
//   covers      the query lies within the item    item.begin <= q.begin and  item.end >= q.end
//
// An instant, and an interval of no length, match the first four if q.begin <= t < q.end. Whether the two
// ends of the query belong to it is a choice (Bound): with an inclusive end a moment at q.end is in the
// query, with an exclusive begin a moment at q.begin is not. Queries [0,2), [2,4), ... with starts_in, or
// with ends_in, give every item exactly once. docs/time.md has pictures.
//
// Pure arithmetic: any thread, nothing throws. (Creek's intersection test misses an item that encloses the
// query; this one does not.)
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "shm/base/saturating.hpp"

namespace shm {

/// [begin, end): begin inclusive, end exclusive.
template <class K = std::int64_t>
struct Interval {
  K begin{};
  K end{};
  friend bool operator==(const Interval&, const Interval&) = default;
};

enum class Match : std::uint8_t { intersects, contained, starts_in, ends_in, covers };

/// Whether an end belongs to a range.
enum class Bound : std::uint8_t { inclusive, exclusive };

/// How items match a query.
struct MatchRule {
  Match match = Match::intersects;
  Bound begin = Bound::inclusive;  ///< of the query
  Bound end = Bound::exclusive;
};

/// A range of keys, and whether its ends belong to it.
template <class K>
struct KeyBounds {
  Interval<K> range;
  Bound begin = Bound::inclusive;
  Bound end = Bound::exclusive;
};

/// Whether a moment lies within a query.
template <class K>
[[nodiscard]] constexpr bool is_within(K moment, const Interval<K>& query, const MatchRule& rule) noexcept {
  const bool begun = rule.begin == Bound::inclusive ? query.begin <= moment : query.begin < moment;
  const bool over = rule.end == Bound::inclusive ? query.end < moment : query.end <= moment;
  return begun && !over;
}

template <class K>
[[nodiscard]] constexpr bool matches(const Interval<K>& item, const Interval<K>& query,
                                     const MatchRule& rule = {}) noexcept {
  const bool ends_after = rule.end == Bound::inclusive ? item.end > query.end : item.end >= query.end;
  if (rule.match == Match::covers) {
    // The bound of the query's begin does not matter: an item that begins there has that moment.
    const bool is_point = item.begin == item.end && query.begin == query.end && item.begin == query.begin;
    return is_point || (item.begin <= query.begin && ends_after);
  }
  if (!(item.begin < item.end)) return is_within(item.begin, query, rule);
  switch (rule.match) {
    case Match::contained:
      return (rule.begin == Bound::inclusive ? item.begin >= query.begin : item.begin > query.begin) &&
             item.end <= query.end;
    case Match::starts_in:
      return is_within(item.begin, query, rule);
    case Match::ends_in:
      return query.begin < item.end && item.end <= query.end;
    case Match::intersects:
    case Match::covers:
      break;
  }
  const bool begins_before = rule.end == Bound::inclusive ? item.begin <= query.end : item.begin < query.end;
  return begins_before && item.end > query.begin;
}

/// The interval of an item with one stamp: from `before` ahead of the stamp to `after` behind it, the same
/// for all items.
template <class K = std::int64_t>
class StampInterval {
 public:
  using Key = K;
  /// REQUIRES: duration >= 0.
  [[nodiscard]] static constexpr StampInterval at_begin(K duration) { return {K{}, duration}; }
  [[nodiscard]] static constexpr StampInterval at_end(K duration) { return {duration, K{}}; }
  [[nodiscard]] static constexpr StampInterval in_middle(K duration) {
    const K half = duration / 2;
    return {half, static_cast<K>(duration - half)};
  }
  [[nodiscard]] static constexpr StampInterval instant() { return {K{}, K{}}; }

  [[nodiscard]] constexpr Interval<K> of(K stamp) const noexcept {
    return {saturating::subtract(stamp, before_), saturating::add(stamp, after_)};
  }

  /// The range of the stamps whose items match; there is one, since begins and ends of such items never
  /// decrease. Empty if no stamp matches.
  [[nodiscard]] constexpr std::optional<KeyBounds<K>> matching(const Interval<K>& query,
                                                               const MatchRule& rule) const noexcept;

 private:
  constexpr StampInterval(K before, K after) : before_(before), after_(after) {}
  /// The stamp of an item that begins, or ends, at a moment.
  [[nodiscard]] constexpr K beginning_at(K moment) const noexcept { return saturating::add(moment, before_); }
  [[nodiscard]] constexpr K ending_at(K moment) const noexcept {
    return saturating::subtract(moment, after_);
  }

  K before_;
  K after_;
};

template <class K>
constexpr std::optional<KeyBounds<K>> StampInterval<K>::matching(const Interval<K>& query,
                                                                 const MatchRule& rule) const noexcept {
  const bool is_instant = !(K{} < before_) && !(K{} < after_);
  Match match = rule.match;
  if (is_instant && match != Match::covers) match = Match::starts_in;
  KeyBounds<K> stamps{.range = {}, .begin = rule.begin, .end = rule.end};
  switch (match) {
    case Match::intersects:  // the item's own end does not belong to it
      stamps.range = {ending_at(query.begin), beginning_at(query.end)};
      stamps.begin = Bound::exclusive;
      break;
    case Match::contained:
      stamps.range = {beginning_at(query.begin), ending_at(query.end)};
      stamps.end = Bound::inclusive;
      break;
    case Match::starts_in:
      stamps.range = {beginning_at(query.begin), beginning_at(query.end)};
      break;
    case Match::ends_in:
      stamps.range = {ending_at(query.begin), ending_at(query.end)};
      stamps.begin = Bound::exclusive;
      stamps.end = Bound::inclusive;
      break;
    case Match::covers:
      stamps.range = {ending_at(query.end), beginning_at(query.begin)};
      // An instant covers itself, with any bounds.
      stamps.begin = rule.end == Bound::inclusive && !is_instant ? Bound::exclusive : Bound::inclusive;
      stamps.end = Bound::inclusive;
      break;
  }
  if (stamps.range.end < stamps.range.begin) return std::nullopt;
  return stamps;
}

/// An interval of its own for each item: `interval_of(item)`, whose begin is the item's key. No interval is
/// longer than `longest`. Without it, every readable item may reach into a query, and so may one that was
/// overwritten.
template <class K, class F>
class ExplicitIntervals {
 public:
  using Key = K;
  ExplicitIntervals(F interval_of, std::optional<K> longest)
      : of_(std::move(interval_of)), longest_(longest) {}

  template <class T>
  [[nodiscard]] Interval<K> of(const T& item) const {
    return of_(item);
  }

  /// The range in which all matching items begin, and others may. Empty if no item can match.
  [[nodiscard]] std::optional<KeyBounds<K>> beginnings(const Interval<K>& query,
                                                       const MatchRule& rule) const noexcept {
    constexpr K lowest = std::numeric_limits<K>::lowest();
    const auto reaching = [&](K moment) {
      return longest_ ? saturating::subtract(moment, *longest_) : lowest;
    };
    KeyBounds<K> found{.range = query, .end = rule.end};
    if (rule.match == Match::intersects || rule.match == Match::ends_in)
      found.range.begin = reaching(query.begin);
    if (rule.match == Match::covers) {
      found.range = {reaching(query.end), query.begin};
      found.end = Bound::inclusive;
    }
    if (found.range.end < found.range.begin) return std::nullopt;
    return found;
  }

 private:
  F of_;
  std::optional<K> longest_;
};

/// explicit_intervals([](const Event& e) { return shm::Interval<>{e.begin, e.end}; }, longest)
template <class F, class K>
[[nodiscard]] ExplicitIntervals<K, F> explicit_intervals(F interval_of, std::optional<K> longest) {
  return {std::move(interval_of), longest};
}
template <class K = std::int64_t, class F>
[[nodiscard]] ExplicitIntervals<K, F> explicit_intervals(F interval_of) {
  return {std::move(interval_of), std::nullopt};
}

}  // namespace shm
