// SPDX-License-Identifier: Apache-2.0

// An interpolation search (Perl, Itai, Avni: Interpolation search - a log log N search, CACM 21(7), 1978)
// that falls back to a binary search. It is for keys that never decrease, in memory that may be far away and
// may be overwritten meanwhile. Three steps, a function each:
//
//   guess     Looks where the key would be if keys were evenly spread, and guesses again from there. For
//             random keys of an even rate (a Poisson process, a clock with jitter) each miss is about the
//             square root of the one before: three looks suffice among millions. Unlike the published method,
//             the slope stays that of the whole range. A guess that is no better than the one before is the
//             last.
//   surround  Once a guess is close, looks a few places to each side of it.
//   bisect    Searches the rest, without branches that could be mispredicted. It prefetches both places that
//             the next step may look at; of a short rest, all places.
//
// For any keys there are about log2(n) looks at most. The result is always within the range, also if memory
// was overwritten meanwhile; it is right if nothing was. Callers check that afterwards.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "shm/base/index_range.hpp"

namespace shm {

/// Keys by place: `at(place)` loads one, prefetch(place) announces that it will be loaded.
template <class Keys, class K>
concept KeysByPlace = requires(const Keys& keys, Index place) {
  { keys.at(place) } -> std::same_as<K>;
  { keys.in_a_line() } -> std::same_as<std::uint64_t>;  // how many keys share a cache line, at least
  keys.prefetch(place);
};

namespace detail {

/// The key searched for is behind place `low`, and not behind place `high`.
struct Bracket {
  Index low = 0;
  Index high = 0;
};

/// From one key to another, with a sign; good enough for a guess.
template <class K>
[[nodiscard]] double signed_distance(K from, K to) noexcept {
  if constexpr (std::is_floating_point_v<K>) {
    return to - from;
  } else {
    return static_cast<double>(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from)));
  }
}

/// `by` places away from a place. A place before the first wraps around: callers clamp.
[[nodiscard, gnu::always_inline]] inline Index place_at(Index from, double by) noexcept {
  return from + static_cast<Index>(static_cast<std::int64_t>(by));
}

/// Prefetches all keys of the range if they are a few lines, which then arrive together.
template <class Keys>
[[gnu::always_inline]] inline void prefetch_all(IndexRange within, const Keys& keys) noexcept {
  constexpr std::uint64_t few_lines = 8;
  const std::uint64_t in_a_line = keys.in_a_line();
  if (within.size() > few_lines * in_a_line) return;
  for (Index place = within.begin; place < within.end; place += in_a_line) keys.prefetch(place);
}

/// A binary search. The first place of `within` whose key is at or after `key`; within.end if there is none.
template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index bisect_keys(IndexRange within, K key,
                                                           const Keys& keys) noexcept {
  Index begin = within.begin;
  // Empty also if memory that changed led both ends past each other.
  std::uint64_t count = within.empty() ? 0 : within.size();
  for (const std::uint64_t near = 4 * keys.in_a_line(); count > near;) {
    const std::uint64_t half = count / 2;
    count -= half;
    keys.prefetch(begin + count / 2 - 1);
    keys.prefetch(begin + half + count / 2 - 1);
    // A mask instead of a condition: which half it is cannot be predicted.
    begin += half & (0 - static_cast<std::uint64_t>(keys.at(begin + half - 1) < key));
  }
  while (count > 1) {
    const std::uint64_t half = count / 2;
    count -= half;
    begin += half & (0 - static_cast<std::uint64_t>(keys.at(begin + half - 1) < key));
  }
  return begin + (count == 1 ? static_cast<Index>(keys.at(begin) < key) : 0);
}

/// Narrows the bracket around a guess that is about `miss` places off, by a look to each side.
template <class K, KeysByPlace<K> Keys>
[[gnu::always_inline]] inline void surround(Bracket& bracket, Index guess, double miss, K key,
                                            const Keys& keys) noexcept {
  // Three standard deviations of the miss over so short a distance.
  const auto reach = static_cast<Index>(4 + miss / 2);
  const Index left = guess - bracket.low > reach ? guess - reach : bracket.low;
  const Index right = bracket.high - guess > reach ? guess + reach : bracket.high;
  prefetch_all({left, right + 1}, keys);
  if (left > bracket.low && !(keys.at(left) < key)) {
    bracket.high = left;
  } else if (right < bracket.high && keys.at(right) < key) {
    bracket.low = right;
  } else {
    bracket = {left, right};
  }
}

/// Narrows the bracket by guesses. REQUIRES: the bracket is the whole range, `first` and `last` are its keys.
template <class K, KeysByPlace<K> Keys>
[[gnu::always_inline]] inline void narrow_by_guesses(Bracket& bracket, K first, K last, K key,
                                                     const Keys& keys) noexcept {
  constexpr int most_looks = 4;  // enough for 10^9 keys of an even rate
  constexpr double close = 16;
  const auto count = static_cast<double>(bracket.high - bracket.low);
  const double places_per_key = count / signed_distance(first, last);
  double miss = signed_distance(first, key) * places_per_key;
  if (!(miss >= 0 && miss <= count)) miss = 0;  // also if it is NaN
  double most = count / 8;                      // a larger miss makes this guess the last
  Index at = bracket.low;
  for (int looks = 0; looks < most_looks; ++looks) {
    at = std::clamp(place_at(at, miss), bracket.low, bracket.high);
    const K there = keys.at(at);
    const bool is_before = there < key;
    bracket.low = is_before ? at : bracket.low;
    bracket.high = is_before ? bracket.high : at;
    miss = signed_distance(there, key) * places_per_key;
    const double size = std::abs(miss);
    if (!(size <= most)) return;  // also if it is NaN
    if (size <= close) {
      return surround(bracket, std::clamp(place_at(at, miss), bracket.low, bracket.high), size, key, keys);
    }
    most = size / 4 + close;
  }
}

}  // namespace detail

/// The first place of `within` whose key is at or after `key`; within.end if there is none.
/// REQUIRES: `within` is not empty.
template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index interpolation_search(IndexRange within, K key,
                                                                    const Keys& keys) noexcept {
  constexpr std::uint64_t few = 64;  // for so few, a binary search is as fast
  if (within.size() <= few) return detail::bisect_keys(within, key, keys);
  detail::Bracket bracket{within.begin, within.end - 1};
  const K first = keys.at(bracket.low);
  const K last = keys.at(bracket.high);
  if (!(first < key)) return bracket.low;
  if (last < key) return within.end;
  detail::narrow_by_guesses(bracket, first, last, key, keys);
  return detail::bisect_keys({bracket.low + 1, bracket.high}, key, keys);
}

/// The same among the few places that a bucket leads to (bucket_of() in ring/bucket_lookup.hpp).
/// REQUIRES: hint.begin <= hint.end, and place hint.end can be loaded.
template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index search_hint(IndexRange hint, K key,
                                                           const Keys& keys) noexcept {
  constexpr std::uint64_t few = 4;
  const std::uint64_t count = hint.end - hint.begin;
  if (count > few) return detail::bisect_keys(hint, key, keys);
  // Always loads `few` keys: a branch on a count that is still being loaded would be mispredicted.
  Index found = hint.begin;
  for (std::uint64_t i = 0; i < few; ++i) {
    const Index place = hint.begin + (i < count ? i : count);
    found += static_cast<Index>(i < count) & static_cast<Index>(keys.at(place) < key);
  }
  return found;
}

}  // namespace shm
