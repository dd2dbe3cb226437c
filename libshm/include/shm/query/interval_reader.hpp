// SPDX-License-Identifier: Apache-2.0

// An interval reader: a reader that finds the items whose own intervals match a query
// (shm/query/interval.hpp).
//
//   auto spikes = shm::keyed<shm::KeyInItem<>>(shm::Reader<Spike>("lab/spikes", shm::Start::oldest()));
//   shm::IntervalReader in(std::move(spikes), shm::StampInterval<>::at_end(20'000'000));  // each lasts 20 ms
//   const auto view = in.matching({t0, t1});         // in place, without a copy
//   for (const Spike& spike : view) use(spike);
//   if (!view.intact()) use("items were overwritten meanwhile");
//   std::vector<Spike> copies = in.copy_matching({t0, t1});
//
// A query costs as much as finding its two ends, however many items lie between. Items that were overwritten,
// or are not there yet: as for ranges of keys (shm/query/key_range.hpp).
//
// Threads: one at a time, as for the reader.
// Throws what find_range() throws.
#pragma once

#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/query/interval.hpp"
#include "shm/query/key_range.hpp"

namespace shm {

/// The items of a view that match. An input range, for one pass: each item is tested as the iteration reaches
/// it, so that a second pass may give other items if the ring was overwritten meanwhile.
template <class T, class Rule>
class MatchView {
 public:
  using Key = typename Rule::Key;

  MatchView(View<T> candidates, Interval<Key> query, MatchRule match, Rule rule)
      : candidates_(candidates), query_(query), match_(match), rule_(std::move(rule)) {}

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using reference = const T&;
    using pointer = const T*;
    Iterator() = default;
    Iterator(const MatchView* view, typename View<T>::Iterator at) : view_(view), at_(at) { find(); }
    reference operator*() const { return *at_; }
    pointer operator->() const { return at_.operator->(); }
    Iterator& operator++() {
      ++at_;
      find();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    /// The index of the item in the stream.
    [[nodiscard]] Index index() const {
      return view_->candidates_.indices().begin + static_cast<Index>(at_ - view_->candidates_.begin());
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    void find() {
      while (at_ != view_->candidates_.end() && !view_->does_match(*at_)) ++at_;
    }
    const MatchView* view_ = nullptr;
    typename View<T>::Iterator at_;
  };

  [[nodiscard]] Iterator begin() const { return {this, candidates_.begin()}; }
  [[nodiscard]] Iterator end() const { return {this, candidates_.end()}; }
  [[nodiscard]] bool empty() const { return begin() == end(); }
  /// All items that were tested.
  [[nodiscard]] const View<T>& candidates() const noexcept { return candidates_; }
  [[nodiscard]] bool intact() const noexcept { return candidates_.intact(); }
  void check() const { candidates_.check(); }

 private:
  [[nodiscard]] bool does_match(const T& item) const { return matches(rule_.of(item), query_, match_); }

  View<T> candidates_;
  Interval<Key> query_;
  MatchRule match_;
  Rule rule_;
};

template <class AnyReader, IndexMap Map, class Rule>
class IntervalReader {
 public:
  using Key = typename Map::Key;
  using value_type = typename AnyReader::value_type;
  static_assert(std::is_same_v<Key, typename Rule::Key>, "intervals are of the map's keys");

  /// Of the options, only take_what_is_left, require_end, wait and newer_than_cursor have an effect.
  IntervalReader(Keyed<AnyReader, Map> keyed, Rule rule, MatchRule match = {},
                 const RangeOptions& options = {})
      : keyed_(std::move(keyed)), rule_(std::move(rule)), match_(match), options_(options) {}

  /// The items that match the query: a View if all intervals have the same length, otherwise a MatchView.
  /// @throws what find_range() throws.
  [[nodiscard]] auto matching(const Interval<Key>& query) {
    const View<value_type> view = look(candidates(query));
    if constexpr (is_stamp_interval) {
      return view;
    } else {
      return MatchView<value_type, Rule>(view, query, match_, rule_);
    }
  }

  /// The same as copies, checked. @throws also OverlapsPast if items were overwritten meanwhile.
  [[nodiscard]] std::vector<value_type> copy_matching(const Interval<Key>& query) {
    const std::optional<KeyBounds<Key>> keys = candidates(query);
    if (!keys) return {};
    std::vector<value_type> items = keyed_.range(keys->range.begin, keys->range.end, options_for(*keys));
    if constexpr (!is_stamp_interval) {
      std::erase_if(items, [&](const auto& item) { return !matches(rule_.of(item), query, match_); });
    }
    return items;
  }

  [[nodiscard]] Keyed<AnyReader, Map>& keyed() noexcept { return keyed_; }
  [[nodiscard]] const Rule& rule() const noexcept { return rule_; }
  [[nodiscard]] const MatchRule& match() const noexcept { return match_; }

 private:
  static constexpr bool is_stamp_interval = std::is_same_v<Rule, StampInterval<Key>>;

  /// The range of keys of the items to test. Empty if no item can match.
  [[nodiscard]] std::optional<KeyBounds<Key>> candidates(const Interval<Key>& query) {
    if (!(query.begin <= query.end)) detail::throw_keys_backwards(keyed_.reader().raw());
    if constexpr (is_stamp_interval) {
      return rule_.matching(query, match_);
    } else {
      return rule_.beginnings(query, match_);
    }
  }
  [[nodiscard]] RangeOptions options_for(const KeyBounds<Key>& keys) const {
    RangeOptions options = options_;
    options.begin = keys.begin;
    options.end = keys.end;
    options.round_down = false;  // the item before the matching ones does not match
    return options;
  }
  [[nodiscard]] View<value_type> look(const std::optional<KeyBounds<Key>>& keys) {
    if (!keys) return View<value_type>(RawView(keyed_.reader().raw().items(), {0, 0, 1}));
    return keyed_.range_view(keys->range.begin, keys->range.end, options_for(*keys));
  }

  Keyed<AnyReader, Map> keyed_;
  Rule rule_;
  MatchRule match_;
  RangeOptions options_;
};

}  // namespace shm
