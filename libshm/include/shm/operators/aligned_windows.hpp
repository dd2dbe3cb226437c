// SPDX-License-Identifier: Apache-2.0

// Aligned windows: several streams, cut by the same sequence of intervals. Each window holds, for one
// interval, the matching items of every stream: as a view without a copy, or as the result of a function (an
// aggregate).
//
//   auto spikes = shm::keyed<shm::KeyInItem<>>(shm::Reader<Spike>("lab/spikes", shm::Start::oldest()));
//   auto heat = shm::keyed<shm::KeyInItem<>>(shm::Reader<Heat>("lab/heat", shm::Start::oldest()));
//   shm::IntervalReader spike_times(std::move(spikes), shm::StampInterval<>::instant());
//   shm::IntervalReader heat_times(std::move(heat), shm::StampInterval<>::at_begin(1'000'000'000));
//   auto count = shm::aggregate(spike_times, [](const auto& view) { return view.size(); });
//   const auto queries = shm::intervals(t0, 2'000'000'000L, 10);
//   for (const auto& window : shm::aligned_windows(queries, count, heat_times)) {
//     const auto& [spike_count, heat_view] = window.parts;
//     use(window.query.begin, spike_count, heat_view);
//   }
//
// A window is made when the iteration reaches it. If the readers have RangeOptions::require_end and a wait,
// then the iteration waits until the interval is over: live streams are cut in the same way as history. The
// result of an aggregate is right: if items were overwritten while the function ran, then the iteration
// throws OverlapsPast.
//
// Threads: one at a time, as for the readers, which must outlive the iteration.
// Throws InvalidArgument if the queries are not sorted; else what the readers' matching() throws.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/base/saturating.hpp"
#include "shm/query/interval_reader.hpp"

namespace shm {

/// An interval reader whose matching items are passed to a function.
template <class Reader, class F>
class Aggregate {
 public:
  using Key = typename Reader::Key;
  Aggregate(Reader& reader, F function) : reader_(&reader), function_(std::move(function)) {}

  /// The function's result for the items that match. @throws OverlapsPast  they were overwritten while it
  /// ran.
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
  std::tuple<Parts...> parts;  ///< one of each source, in their order
};

/// `count` intervals one after another, each of the same width. @throws InvalidArgument  width <= 0.
template <class K>
[[nodiscard]] std::vector<Interval<K>> intervals(K begin, K width, std::size_t count) {
  if (!(K{} < width)) throw InvalidArgument("intervals: a width of more than 0 is needed");
  std::vector<Interval<K>> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const K end = saturating::add(begin, width);
    result.push_back({begin, end});
    begin = end;
  }
  return result;
}

/// An input range of AlignedWindow: one for each query. Queries are sorted by their begin; they may overlap.
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
    explicit Iterator(AlignedWindows& windows)
        : windows_(&windows), at_(std::ranges::begin(windows.queries_)) {
      cut();
    }
    const value_type& operator*() const noexcept { return *window_; }
    const value_type* operator->() const noexcept { return &*window_; }
    Iterator& operator++() {
      ++at_;
      cut();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.window_; }

   private:
    /// Makes the window of the query at `at_`, if there is one.
    void cut() {
      std::optional<Key> before;
      if (window_) before = window_->query.begin;
      window_.reset();
      if (at_ == std::ranges::end(windows_->queries_)) return;
      const Query query = *at_;
      if (before && query.begin < *before) {
        throw InvalidArgument("aligned windows: a query begins before the query that it follows: sort them");
      }
      // Braces: the sources are queried from left to right.
      window_.emplace(std::apply(
          [&](auto&... sources) {
            return value_type{query, {sources.matching(query)...}};
          },
          windows_->sources_));
    }
    AlignedWindows* windows_;
    std::ranges::iterator_t<Queries> at_;
    std::optional<value_type> window_;
  };

  /// @throws InvalidArgument  queries that are not sorted; and what the sources' matching() throws.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  Queries queries_;
  std::tuple<Sources&...> sources_;
};

/// The windows of the sources (interval readers, or aggregates of them) for each of the queries.
template <std::ranges::input_range Queries, class... Sources>
[[nodiscard]] AlignedWindows<Queries, Sources...> aligned_windows(Queries queries, Sources&... sources) {
  return {std::move(queries), sources...};
}

}  // namespace shm
