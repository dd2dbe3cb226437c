// SPDX-License-Identifier: Apache-2.0

// Random streams, intervals and queries: an interval reader finds the items that testing every item finds.
#include <gtest/gtest.h>

#include "query/naive_keys.hpp"
#include "shm/format/described.hpp"
#include "shm/query/interval_reader.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/stream/writer.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace interval_property {

/// An item with an interval of its own; as large as a cache line, so that its ring turns soon.
struct Event {
  std::int64_t begin;
  std::int64_t end;
  std::array<std::int64_t, 6> filler;
};
BOOST_DESCRIBE_STRUCT(Event, (), (begin, end, filler))

}  // namespace interval_property

namespace shm {
namespace {

using interval_property::Event;
using test::below;
using test::one_in;
using test::Random;

using In = Keyed<Reader<Event>, KeyInItem<>>;

constexpr std::int64_t longest = 12;

Interval<> interval_of(const Event& event) { return {event.begin, event.end}; }

class IntervalReaderProperty : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  IntervalReaderProperty() {
    options_.history = 20;
    options_.timestamp = Timestamp::field("begin");
    if (one_in(random, 2)) options_.buckets = BucketOptions{.quantum = 4};
    out.emplace("s", options_);
  }
  void append(std::uint64_t count) {
    for (; count > 0; --count) {
      begin_ += static_cast<std::int64_t>(one_in(random, 3)    ? 0
                                          : one_in(random, 40) ? 300
                                                               : below(random, 4));
      const std::int64_t length =
          one_in(random, 4) ? 0 : static_cast<std::int64_t>(below(random, longest + 1));
      events.push_back({begin_, begin_ + length, {}});
      all.keys.push_back(begin_);
      out->append(events.back());
    }
  }
  static In reader() { return keyed<KeyInItem<>>(Reader<Event>("s", Start::oldest())); }

  [[nodiscard]] MatchRule some_match() {
    return {.match = static_cast<Match>(below(random, 5)),
            .begin = one_in(random, 2) ? Bound::inclusive : Bound::exclusive,
            .end = one_in(random, 2) ? Bound::inclusive : Bound::exclusive};
  }
  [[nodiscard]] RangeOptions some_options() {
    return {.round_down = one_in(random, 4),  // has no effect here
            .require_end = one_in(random, 3),
            .newer_than_cursor = one_in(random, 4),
            .take_what_is_left = one_in(random, 2)};
  }
  [[nodiscard]] Interval<> some_query() {
    const Index near = all.there.begin - std::min<Index>(all.there.begin, 2);
    const std::int64_t at = all.keys[near + below(random, all.there.end - near)];
    const std::int64_t begin = at + static_cast<std::int64_t>(below(random, 30)) - 15;
    return {begin, begin + static_cast<std::int64_t>(below(random, one_in(random, 4) ? 200 : 20))};
  }

  /// Queries, and expects the readable items whose interval matches. Errors are those of find_range() for
  /// `keys`, the range in which matching items begin.
  template <class Rule>
  void ask(const Rule& rule, const std::optional<KeyBounds<std::int64_t>>& keys, const Interval<>& query,
           const MatchRule& match, RangeOptions options) {
    In in = reader();
    in.reader().seek(all.there.begin + below(random, all.there.end - all.there.begin + 1));
    const Index cursor = in.reader().cursor();
    all.look(in.reader(), in.map());
    IntervalReader by(std::move(in), rule, match, options);
    std::vector<Index> expected;
    test::RangeAnswer range;
    if (keys) {
      options.begin = keys->begin;
      options.end = keys->end;
      options.round_down = false;
      range = naive_range(all, keys->range.begin, keys->range.end, options, cursor);
    }
    const Index from = options.newer_than_cursor ? std::max(cursor, all.there.begin) : all.there.begin;
    for (Index i = from; i < all.there.end; ++i) {
      if (matches(interval(rule, events[i]), query, match)) expected.push_back(i);
    }
    try {
      const std::vector<Event> items = by.copy_matching(query);
      ASSERT_EQ(range.outcome, test::Outcome::answer);
      ASSERT_EQ(items.size(), expected.size());
      for (std::size_t i = 0; i < items.size(); ++i) {
        ASSERT_EQ(interval_of(items[i]), interval_of(events[expected[i]]));
      }
      std::size_t seen = 0;
      for (const Event& event : by.matching(query)) {
        ASSERT_LT(seen, expected.size());
        ASSERT_EQ(interval_of(event), interval_of(events[expected[seen++]]));
      }
      ASSERT_EQ(seen, expected.size());
    } catch (const OverlapsPast&) {
      ASSERT_EQ(range.outcome, test::Outcome::past);
      ASSERT_THROW(static_cast<void>(by.matching(query)), OverlapsPast);
    } catch (const OverlapsFuture&) {
      ASSERT_EQ(range.outcome, test::Outcome::future);
      ASSERT_THROW(static_cast<void>(by.matching(query)), OverlapsFuture);
    }
  }
  static Interval<> interval(const StampInterval<>& rule, const Event& event) { return rule.of(event.begin); }
  template <class Rule>
  static Interval<> interval(const Rule& rule, const Event& event) {
    return rule.of(event);
  }

  Random random{GetParam()};
  test::TestDirectory directory;
  std::optional<Writer<Event>> out;
  std::vector<Event> events;
  test::NaiveKeys<std::int64_t> all;

 private:
  StreamOptions options_;
  std::int64_t begin_ = -500;
};

TEST_P(IntervalReaderProperty, FindsTheItemsThatTestingEachItemFinds) {
  append(3);
  const std::array stamps{StampInterval<>::instant(), StampInterval<>::at_begin(7),
                          StampInterval<>::at_end(5), StampInterval<>::in_middle(9)};
  for (int step = 0; step < test::turns(100) && !HasFailure(); ++step) {
    append(below(random, 8));
    const In in = reader();
    all.look(in.reader(), in.map());
    for (int i = 0; i < 6 && !HasFailure(); ++i) {
      const Interval<> query = some_query();
      const MatchRule match = some_match();
      SCOPED_TRACE(std::to_string(query.begin) + " to " + std::to_string(query.end) + " match " +
                   std::to_string(static_cast<int>(match.match)));
      const auto known = explicit_intervals(&interval_of, std::optional(longest));
      ask(known, known.beginnings(query, match), query, match, some_options());
      const auto unknown = explicit_intervals(&interval_of);
      ask(unknown, unknown.beginnings(query, match), query, match, some_options());
      const StampInterval<>& stamp = stamps.at(below(random, stamps.size()));
      ask(stamp, stamp.matching(query, match), query, match, some_options());
    }
  }
  EXPECT_TRUE(all.there.begin > 0 || test::turns(10) < 10);  // under a sanitizer it is too short for that
  const Interval<> backwards{5, 4};
  IntervalReader by(reader(), stamps[0]);
  EXPECT_THROW(static_cast<void>(by.copy_matching(backwards)), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IntervalReaderProperty, ::testing::Range<std::uint64_t>(1, 5));

}  // namespace
}  // namespace shm
