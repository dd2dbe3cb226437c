// SPDX-License-Identifier: Apache-2.0

// Several streams, cut by the same intervals: for each interval, what each stream has of it.
//
//   shm::IntervalReader spikes = ..., frames = ...;                  // each knows its items' intervals
//   for (const auto& slab : shm::aligned_windows(shm::intervals(t0, 2'000'000'000, 10), spikes, frames)) {
//     const auto& [s, f] = slab.parts;                               // views, without a copy
//   }
//   auto counts = shm::aggregate(spikes, [](const auto& view) { return std::ranges::distance(view); });
//   for (const auto& slab : shm::aligned_windows(queries, counts, frames)) ... // parts: a count, and a view
//
// source -> timestamped segments -> intersect with the query -> aggregate -> output, as stream2py's design
// notes draw it. A slab is made when the iteration comes to it: with RangeOptions::require_end and a wait in
// the readers it waits there until its interval is over, so that live streams are cut as well as history.
// What an aggregate gave is right: the items were still there when it was done, or the iteration throws
// OverlapsPast.
//
// The readers must outlive the iteration. One thread at a time.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/query/interval_reader.hpp"

namespace shm {

/// An interval reader whose matching items are given to a function.
template <class Reader, class F>
class Aggregate {
 public:
  using Key = typename Reader::Key;
  Aggregate(Reader& reader, F function) : reader_(&reader), function_(std::move(function)) {}

  /// What the function makes of the items that match. @throws OverlapsPast  they were overwritten meanwhile.
  [[nodiscard]] auto matching(const Interval<Key>& query) {
    const auto view = reader_->matching(query);
    auto result = function_(view);
    view.check();
    return result;
  }

 private:
  Reader* reader_;
  F function_;
};

template <class Reader, class F>
[[nodiscard]] Aggregate<Reader, F> aggregate(Reader& reader, F function) {
  return {reader, std::move(function)};
}

template <class K, class... Parts>
struct AlignedWindow {
  Interval<K> query;
  std::tuple<Parts...> parts;
};

/// `count` intervals one after another, each of the same width. @throws InvalidArgument  width <= 0.
template <class K>
[[nodiscard]] std::vector<Interval<K>> intervals(K begin, K width, std::size_t count) {
  if (!(K{} < width)) throw InvalidArgument("intervals: a width of more than 0 is needed");
  std::vector<Interval<K>> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const K end = detail::moved(begin, width);
    result.push_back({begin, end});
    begin = end;
  }
  return result;
}

/// An input range of slabs: one for each query. Queries are sorted by where they begin; they may overlap.
template <std::ranges::input_range Queries, class... Sources>
class AlignedWindows {
 public:
  using Query = std::ranges::range_value_t<Queries>;
  using Key = std::remove_cvref_t<decltype(std::declval<Query>().begin)>;
  using value_type =
      AlignedWindow<Key, decltype(std::declval<Sources&>().matching(std::declval<Query>()))...>;

  AlignedWindows(Queries queries, Sources&... sources) : queries_(std::move(queries)), sources_(sources...) {}

  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = typename AlignedWindows::value_type;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(AlignedWindows& slabs) : slabs_(&slabs), at_(std::ranges::begin(slabs.queries_)) {
      cut();
    }
    const value_type& operator*() const noexcept { return *slab_; }
    const value_type* operator->() const noexcept { return &*slab_; }
    Iterator& operator++() {
      ++at_;
      cut();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.slab_; }

   private:
    void cut() {
      std::optional<Key> before;
      if (slab_) before = slab_->query.begin;
      slab_.reset();
      if (at_ == std::ranges::end(slabs_->queries_)) return;
      const Query query = *at_;
      if (before && query.begin < *before) {
        throw InvalidArgument("slabs: a query begins before the one that it follows: sort them");
      }
      // Braces: from left to right.
      slab_.emplace(std::apply(
          [&](auto&... sources) {
            return value_type{query, {sources.matching(query)...}};
          },
          slabs_->sources_));
    }
    AlignedWindows* slabs_;
    std::ranges::iterator_t<Queries> at_;
    std::optional<value_type> slab_;
  };

  /// @throws InvalidArgument  queries that are not sorted; and as the sources' matching().
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Queries queries_;
  std::tuple<Sources&...> sources_;
};

/// AlignedWindows of the sources (interval readers, or aggregates of them) for each of the queries.
template <std::ranges::input_range Queries, class... Sources>
[[nodiscard]] AlignedWindows<Queries, Sources...> aligned_windows(Queries queries, Sources&... sources) {
  return {std::move(queries), sources...};
}

}  // namespace shm
