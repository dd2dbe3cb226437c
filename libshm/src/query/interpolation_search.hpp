// SPDX-License-Identifier: Apache-2.0

// Finding a key among keys that never decrease, in memory that may be far away and may change meanwhile:
//
//   guess     where the key would be if keys were evenly spread, look there, and guess again from there: of
//             keys that come at random from an even rate (a Poisson process, a clock with jitter) the miss
//             is about the square root of the one before it, so that three looks lead there among millions.
//             A guess that is no better than the one before it is the last, and the fourth is.
//   bisect    what is left, without branches that could be mispredicted, and asking for both places that
//             the next step may look at, or for all that is left where that is little.
//
// Any keys take about log2(n) looks at most. Whatever is loaded, also what is being overwritten, the answer
// is within the range; it is right if nothing was overwritten.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "shm/base/index_range.hpp"

namespace shm {

/// Keys by place: `at(place)`, and a hint that it will be asked for.
template <class Keys, class K>
concept KeysByPlace = requires(const Keys& keys, Index place) {
  { keys.at(place) } -> std::same_as<K>;
  { keys.in_a_line() } -> std::same_as<std::uint64_t>;  // so many keys lie in one line of memory, at least
  keys.prefetch(place);
};

namespace detail {

/// How far it is, as a number that is good enough for a guess.
template <class K>
[[nodiscard]] double distance(K from, K to) noexcept {
  if constexpr (std::is_floating_point_v<K>) {
    return to - from;
  } else {
    return static_cast<double>(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from)));
  }
}

/// Asks for all of them, if that is a few lines: they come together.
template <class Keys>
[[gnu::always_inline]] inline bool prefetch_all(IndexRange within, const Keys& keys) noexcept {
  constexpr std::uint64_t few_lines = 8;
  const std::uint64_t in_a_line = keys.in_a_line();
  if (within.size() > few_lines * in_a_line) return false;
  for (Index place = within.begin; place < within.end; place += in_a_line) keys.prefetch(place);
  return true;
}

template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index bisect_keys(IndexRange within, K key,
                                                           const Keys& keys) noexcept {
  Index begin = within.begin;
  // (Memory that changes may have led both ends past each other.)
  std::uint64_t count = within.empty() ? 0 : within.size();
  for (const std::uint64_t near = 4 * keys.in_a_line(); count > near;) {
    const std::uint64_t half = count / 2;
    count -= half;
    keys.prefetch(begin + count / 2 - 1);
    keys.prefetch(begin + half + count / 2 - 1);
    // A mask and no condition: which half it is cannot be predicted.
    begin += half & (0 - static_cast<std::uint64_t>(keys.at(begin + half - 1) < key));
  }
  while (count > 1) {
    const std::uint64_t half = count / 2;
    count -= half;
    begin += half & (0 - static_cast<std::uint64_t>(keys.at(begin + half - 1) < key));
  }
  return begin + (count == 1 ? static_cast<Index>(keys.at(begin) < key) : 0);
}

}  // namespace detail

/// The first place of `within` whose key is at or after `key`; within.end: none. REQUIRES: it is not empty.
template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index interpolation_search(IndexRange within, K key,
                                                                    const Keys& keys) noexcept {
  constexpr std::uint64_t few = 64;  // are bisected as soon
  constexpr int most_looks = 4;      // as many as 10^9 keys of an even rate take
  constexpr double close = 16;
  if (within.size() <= few) return detail::bisect_keys(within, key, keys);
  // The key is behind `low`, and not behind `high`.
  Index low = within.begin;
  Index high = within.end - 1;
  const K first = keys.at(low);
  const K last = keys.at(high);
  if (!(first < key)) return low;
  if (last < key) return within.end;
  const auto count = static_cast<double>(high - low);
  const double places_per_key = count / detail::distance(first, last);
  double miss = detail::distance(first, key) * places_per_key;
  if (!(miss >= 0 && miss <= count)) miss = 0;
  double most = count / 8;
  Index at = low;
  for (int looks = 0; looks < most_looks; ++looks) {
    at = std::clamp(at + static_cast<Index>(static_cast<std::int64_t>(miss)), low, high);
    const K there = keys.at(at);
    const bool is_before = there < key;
    low = is_before ? at : low;
    high = is_before ? high : at;
    miss = detail::distance(there, key) * places_per_key;
    const double by = std::abs(miss);
    if (!(by <= most)) break;  // or it is no number
    most = by / 4 + close;
    if (by > close) continue;
    // Three standard deviations of what is missed over so short a way.
    const auto reach = static_cast<Index>(4 + by / 2);
    const Index middle = std::clamp(at + static_cast<Index>(static_cast<std::int64_t>(miss)), low, high);
    const Index left = middle - low > reach ? middle - reach : low;
    const Index right = high - middle > reach ? middle + reach : high;
    detail::prefetch_all({left, right + 1}, keys);
    if (left > low && !(keys.at(left) < key)) {
      high = left;
    } else if (right < high && keys.at(right) < key) {
      low = right;
    } else {
      low = left;
      high = right;
    }
    break;
  }
  return detail::bisect_keys({low + 1, high}, key, keys);
}

/// The same where a bucket says that there are few. REQUIRES: hint.begin <= hint.end, and hint.end can be
/// asked for.
template <class K, KeysByPlace<K> Keys>
[[nodiscard, gnu::always_inline]] inline Index find_key_nearby(IndexRange hint, K key,
                                                               const Keys& keys) noexcept {
  constexpr std::uint64_t few = 4;
  const std::uint64_t count = hint.end - hint.begin;
  if (count > few) return detail::bisect_keys(hint, key, keys);
  // All of them, whatever the number: what depends on a number that is still on its way is no branch.
  Index found = hint.begin;
  for (std::uint64_t i = 0; i < few; ++i) {
    const Index place = hint.begin + (i < count ? i : count);
    found += static_cast<Index>(i < count) & static_cast<Index>(keys.at(place) < key);
  }
  return found;
}

}  // namespace shm
