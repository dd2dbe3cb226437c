// SPDX-License-Identifier: Apache-2.0

// Index maps: from a key to an index and back. With one, a stream is sliced by time, by a field, by a
// counter.
//
// An index map is any type with these two members (the concept IndexMap). Keys never decrease along the
// stream.
//
//   map.lower(key, within)  the first index of `within` at or after the key; within.end if there is none
//   map.key(index)          the key of an item; empty if it is not known, such as for an overwritten item
//
// The library's own:
//
//   map            where keys come from                            finding a key takes
//   -------------  ----------------------------------------------  -----------------------------------
//   Identity       keys are indices                                a comparison
//   Affine         a formula: a first key, and a key per item      a division
//   KeyInItem      the items carry it (key_in_item.hpp)            an interpolation search of the items
//   Ledger         lines in shared memory (ledger.hpp)             an interpolation search of the anchors
//   StreamKeys     either of these two (stream_keys.hpp)           the same
//   KeyFunction    a function from an index to its key             a bisection
//   IndexFunction  a function from a key to an index               a call
//   Composed       a function of another map's keys                as that map
//
// With buckets (StreamOptions::buckets), KeyInItem and Ledger search one bucket only.
//
//   const shm::KeyFunction squares([](shm::Index index) { return static_cast<double>(index * index); });
//   shm::Keyed in(shm::Reader<Tick>("market/ticks", shm::Start::oldest()), squares);  // key_range.hpp
//   use(in.range(100.0, 400.0));
//
// Threads: any number. Maps do not wait, and throw only what their functions throw.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "shm/base/index_range.hpp"
#include "shm/base/saturating.hpp"

namespace shm {

template <class M>
concept IndexMap = std::copyable<M> &&
    requires(const M& map, typename M::Key key, IndexRange within, Index index) {
  { map.lower(key, within) } -> std::convertible_to<Index>;
  { map.key(index) } -> std::convertible_to<std::optional<typename M::Key>>;
};

/// The next larger key, so that "after k" is "at or after next_key(k)". Empty if there is none.
template <class K>
[[nodiscard]] std::optional<K> next_key(K key) noexcept {
  if constexpr (std::is_floating_point_v<K>) {
    constexpr K most = std::numeric_limits<K>::infinity();
    return key < most ? std::optional<K>(std::nextafter(key, most)) : std::nullopt;
  } else {
    return key < std::numeric_limits<K>::max() ? std::optional<K>(static_cast<K>(key + 1)) : std::nullopt;
  }
}

/// A binary search: the first index of `within` at which the predicate holds. REQUIRES: from one index on it
/// holds.
template <class Predicate>
[[nodiscard]] Index bisect(IndexRange within, Predicate is_at_or_after) {
  Index begin = within.begin;
  std::uint64_t count = within.empty() ? 0 : within.size();
  while (count > 0) {
    const std::uint64_t half = count / 2;
    if (is_at_or_after(begin + half)) {
      count = half;
    } else {
      begin += half + 1;
      count -= half + 1;
    }
  }
  return begin;
}

/// Keys are indices.
struct Identity {
  using Key = Index;
  [[nodiscard]] Index lower(Key key, IndexRange within) const noexcept {
    return std::clamp(key, within.begin, std::max(within.begin, within.end));
  }
  [[nodiscard]] std::optional<Key> key(Index index) const noexcept { return index; }
};

/// Item `index` has `key`, item `index` + 1 has `key` + `key_per_item`, and so on (integer keys are rounded
/// down). For streams of an exact rate, and for numbers that are not time.
template <class K = std::int64_t>
class Affine {
 public:
  using Key = K;
  /// REQUIRES: key_per_item > 0.
  Affine(Index index, K key, double key_per_item) : index_(index), key_(key), key_per_item_(key_per_item) {}

  [[nodiscard]] std::optional<K> key(Index index) const noexcept { return at(index); }
  [[nodiscard]] Index lower(K key, IndexRange within) const noexcept {
    const Index last = std::max(within.begin, within.end);
    const double steps = (static_cast<double>(key) - static_cast<double>(key_)) / key_per_item_;
    const double guess = static_cast<double>(index_) + steps;
    if (!(guess > static_cast<double>(within.begin) - 2)) {  // far before the range, or NaN
      return at(within.begin) >= key || within.empty() ? within.begin : search(key, within);
    }
    Index index = guess < static_cast<double>(last) ? static_cast<Index>(std::max(guess, 0.0)) : last;
    index = std::clamp(index, within.begin, last);
    // For keys of ordinary size the guess is right to an item or two. For huge ones, search.
    for (int step = 0; step < 4; ++step) {
      if (index > within.begin && at(index - 1) >= key) {
        --index;
      } else if (index < last && at(index) < key) {
        ++index;
      } else {
        return index;
      }
    }
    return search(key, within);
  }

 private:
  [[nodiscard]] K at(Index index) const noexcept {
    const double along = static_cast<double>(static_cast<std::int64_t>(index - index_)) * key_per_item_;
    if constexpr (std::is_floating_point_v<K>) {
      return static_cast<K>(key_ + along);
    } else {
      return saturating::add_truncated(key_, std::floor(along));
    }
  }
  [[nodiscard]] Index search(K key, IndexRange within) const noexcept {
    return bisect(within, [&](Index index) { return at(index) >= key; });
  }

  Index index_;
  K key_;
  double key_per_item_;
};

/// A function from an index to its key. REQUIRES: keys never decrease.
template <class F>
class KeyFunction {
 public:
  using Key = std::remove_cvref_t<std::invoke_result_t<const F&, Index>>;
  explicit KeyFunction(F function) : function_(std::move(function)) {}
  [[nodiscard]] std::optional<Key> key(Index index) const { return function_(index); }
  [[nodiscard]] Index lower(Key key, IndexRange within) const {
    return bisect(within, [&](Index index) { return !(function_(index) < key); });
  }

 private:
  F function_;
};

/// A function from a key to the first index at or after it (stream2py's key_trans), and the function back.
/// The latter is needed to detect a range that begins before the readable items. REQUIRES: both never
/// decrease.
template <class K>
class IndexFunction {
 public:
  using Key = K;
  IndexFunction(std::function<Index(K)> function, std::function<K(Index)> back)
      : function_(std::move(function)), back_(std::move(back)) {}
  [[nodiscard]] std::optional<K> key(Index index) const { return back_(index); }
  [[nodiscard]] Index lower(K key, IndexRange within) const {
    const Index index = function_(key);
    return std::clamp(index, within.begin, std::max(within.begin, within.end));
  }

 private:
  std::function<Index(K)> function_;
  std::function<K(Index)> back_;
};

/// Another map with other keys, such as those of another clock: `forward` converts a key to the first key of
/// the inner map at or after it, `back` converts the other way. REQUIRES: both never decrease.
template <class K, IndexMap Inner>
class Composed {
 public:
  using Key = K;
  using InnerKey = typename Inner::Key;
  Composed(Inner inner, std::function<InnerKey(K)> forward, std::function<K(InnerKey)> back)
      : inner_(std::move(inner)), forward_(std::move(forward)), back_(std::move(back)) {}
  [[nodiscard]] std::optional<K> key(Index index) const {
    const std::optional<InnerKey> inner = inner_.key(index);
    return inner ? std::optional<K>(back_(*inner)) : std::nullopt;
  }
  [[nodiscard]] Index lower(K key, IndexRange within) const { return inner_.lower(forward_(key), within); }
  [[nodiscard]] const Inner& inner() const noexcept { return inner_; }

 private:
  Inner inner_;
  std::function<InnerKey(K)> forward_;
  std::function<K(InnerKey)> back_;
};

}  // namespace shm
