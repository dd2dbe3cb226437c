// SPDX-License-Identifier: Apache-2.0

// Random queries by key: the library and a naive search of all items give the same results, and the same
// errors.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "query/naive_keys.hpp"
#include "shm/base/saturating.hpp"
#include "shm/query/key_range.hpp"

namespace shm::test {

/// In: a Keyed. Known: the items that were appended. is_item(item, index): whether it is that item;
/// value(index), number(item): its value for interpolation, as appended and as read.
template <class In, class Known>
class KeyQuestions {
 public:
  using K = typename In::Key;
  using T = typename In::value_type;

  /// `unit`: the usual distance of keys.
  KeyQuestions(In& in, const NaiveKeys<K>& all, const Known& known, Random& random, K unit = 1)
      : in_(in), all_(all), known_(known), random_(random), unit_(unit) {}

  void ask(int count) {
    for (int i = 0; i < count && !::testing::Test::HasFatalFailure(); ++i) {
      in_.reader().seek(some_cursor());
      ask_range(some_key(), some_key());
      const K begin = some_key();
      ask_range(begin, one_in(random_, 4) ? begin : saturating::add(begin, some_width()));
      ask_map(some_key());
      ask_at_or_before(some_key());
      ask_as_of(some_key());
    }
  }

  /// Near the keys of readable and recently overwritten items, and far from them.
  [[nodiscard]] K some_key() {
    if (all_.keys.empty() || one_in(random_, 16)) return far_key();
    const Index newest = all_.keys.size();
    const Index oldest = all_.there.begin - std::min<Index>(all_.there.begin, 3);
    const Index from = one_in(random_, 8)   ? 0
                       : one_in(random_, 3) ? newest - std::min<Index>(newest, 5)
                                            : oldest;
    const Index to = one_in(random_, 4) && from + 6 < newest ? from + 6 : newest;
    const K key = all_.keys[from + below(random_, std::max<Index>(1, to - from))];
    switch (below(random_, 5)) {
      case 0:
        return saturating::add(key, K{1});
      case 1:
        return saturating::add(key, K{-1});
      case 2:
        return saturating::add(key, static_cast<K>(some_width() * (one_in(random_, 2) ? 1 : -1)));
      default:
        return key;
    }
  }
  [[nodiscard]] K some_width() {
    const std::uint64_t most = std::uint64_t{1} << below(random_, one_in(random_, 8) ? 30 : 7);
    return static_cast<K>(static_cast<K>(below(random_, most)) * unit_);
  }
  [[nodiscard]] RangeOptions some_options() {
    RangeOptions options;
    options.begin = one_in(random_, 2) ? Bound::inclusive : Bound::exclusive;
    options.end = one_in(random_, 2) ? Bound::inclusive : Bound::exclusive;
    options.round_down = one_in(random_, 2);
    options.require_end = one_in(random_, 3);
    options.newer_than_cursor = one_in(random_, 3);
    options.take_what_is_left = one_in(random_, 2);
    return options;
  }

 private:
  [[nodiscard]] K far_key() {
    using Limits = std::numeric_limits<K>;
    const K far = std::is_floating_point_v<K> ? Limits::infinity() : Limits::max();
    switch (below(random_, 4)) {
      case 0:
        return far;
      case 1:
        return std::is_floating_point_v<K> ? -far : Limits::min();
      case 2:
        return K{};
      default:
        return one_in(random_, 2) ? Limits::max() / 2 : Limits::lowest() / 2;
    }
  }
  [[nodiscard]] Index some_cursor() {
    if (one_in(random_, 4)) return all_.there.begin;
    const Index near = all_.there.begin - std::min<Index>(all_.there.begin, 3);
    return near + below(random_, all_.there.end - near + 3);
  }

  void ask_range(K begin, K end) {
    const RangeOptions options = some_options();
    const std::string question =
        text(begin) + " to " + text(end) + (options.begin == Bound::exclusive ? " (" : " [") +
        (options.end == Bound::exclusive ? ")" : "]") + (options.round_down ? " round_down" : "") +
        (options.require_end ? " require_end" : "") +
        (options.newer_than_cursor ? " newer_than_cursor" : "") +
        (options.take_what_is_left ? " take_what_is_left" : "") + " cursor " +
        std::to_string(in_.reader().cursor());
    SCOPED_TRACE(question);
    const RangeAnswer expected = naive_range(all_, begin, end, options, in_.reader().cursor());
    RangeAnswer answer = asked([&] {
      const KeyRange range = in_.find(begin, end, options);
      return RangeAnswer{.items = range.items,
                         .readable = all_.there,
                         .begins_in_past = range.begins_in_past,
                         .may_grow = range.may_grow};
    });
    ASSERT_EQ(answer, expected);
    std::vector<T> items;
    answer = asked([&] {
      items = in_.range(begin, end, options);
      return expected;
    });
    ASSERT_EQ(answer, expected);
    if (expected.outcome != Outcome::answer) return;
    ASSERT_EQ(items.size(), expected.items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      ASSERT_TRUE(known_.is_item(items[i], expected.items.begin + i));
    }
    const View<T> view = in_.range_view(begin, end, options);
    ASSERT_EQ(view.indices(), expected.items);
    ASSERT_TRUE(view.empty() || known_.is_item(view.back(), expected.items.end - 1));
    ASSERT_TRUE(view.intact());
  }

  template <class Ask>
  static RangeAnswer asked(Ask ask) {
    try {
      return ask();
    } catch (const OverlapsPast& error) {
      return {.outcome = Outcome::past, .items = error.asked(), .readable = error.readable()};
    } catch (const OverlapsFuture& error) {
      return {.outcome = Outcome::future, .items = error.asked(), .readable = error.readable()};
    } catch (const InvalidArgument&) {
      return {.outcome = Outcome::invalid};
    }
  }

  void ask_map(K key) {
    const Index first = all_.first();
    IndexRange within = all_.there;
    if (one_in(random_, 3)) within.begin += below(random_, within.size() + 1);
    if (one_in(random_, 3)) within.end -= below(random_, within.size() + 1);
    const auto is_at_or_after = [&](K its) { return key <= its; };
    const Index expected = std::clamp(all_.find(is_at_or_after), within.begin, within.end);
    if (within.end > first || within.empty()) {
      ASSERT_EQ(in_.map().lower(key, within), expected) << text(key);
    }
    const Index from = first + below(random_, all_.there.end - first + 1);
    std::vector<K> keys(below(random_, all_.there.end - from + 2));
    const bool are_there = from + keys.size() <= all_.there.end;
    ASSERT_EQ(in_.map().copy_keys(from, keys), are_there || keys.empty());
    if (are_there) {
      for (std::size_t i = 0; i < keys.size(); ++i) ASSERT_EQ(keys[i], all_.keys[from + i]);
    }
    if (all_.known > 0) {
      keys.resize(1);
      ASSERT_FALSE(in_.map().copy_keys(all_.known - 1, keys) && all_.known > all_.there.begin);
    }
  }

  void ask_at_or_before(K key) {
    const LastAnswer answer = [&]() -> LastAnswer {
      try {
        return {.index = in_.at_or_before(key)};
      } catch (const OverlapsPast& error) {
        EXPECT_EQ(error.readable(), all_.there);
        EXPECT_EQ(error.asked(), (IndexRange{all_.first() - 1, all_.first()}));
        return {.outcome = Outcome::past};
      }
    }();
    const LastAnswer expected = naive_at_or_before(all_, key);
    ASSERT_EQ(answer.outcome, expected.outcome) << text(key);
    ASSERT_EQ(answer.index, expected.index) << text(key);
  }

  void ask_as_of(K key) {
    AsOfOptions<K> options;
    options.how = static_cast<AsOfMethod>(below(random_, 3));
    if (one_in(random_, 2)) options.tolerance = some_width();
    const AsOf<K> expected = naive_as_of(all_, key, options);
    const AsOf<K> answer = as_of(in_, key, options);
    ASSERT_EQ(answer.state, expected.state) << text(key);
    ASSERT_EQ(answer.index, expected.index) << text(key);
    ASSERT_EQ(answer.key, expected.key) << text(key);
    const auto number = [&](const T& item) { return known_.number(item); };
    const auto value = [&](Index index) { return known_.value(index); };
    const std::optional<double> between = interpolate(in_, key, number, options);
    const std::optional<double> expected_between = naive_interpolation(all_, key, options, value);
    ASSERT_EQ(between.has_value(), expected_between.has_value()) << text(key);
    if (!between) return;
    ASSERT_NEAR(*between, *expected_between, 1e-6 * (1 + std::abs(*between)));
  }

  static std::string text(K key) { return ::testing::PrintToString(key); }

  In& in_;
  const NaiveKeys<K>& all_;
  const Known& known_;
  Random& random_;
  K unit_;
};

}  // namespace shm::test
