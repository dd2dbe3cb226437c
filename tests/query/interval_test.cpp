// SPDX-License-Identifier: Apache-2.0

// Interval readers, and the problems A and B of the seeds.
#include "shm/query/interval_reader.hpp"

#include <gtest/gtest.h>

#include "shm/format/described.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace {

/// An item with an interval of its own.
struct Event {
  std::int64_t begin;
  std::int64_t end;
};
BOOST_DESCRIBE_STRUCT(Event, (), (begin, end))

}  // namespace

namespace shm {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;
using Pairs = std::vector<Pair>;

/// Creek's test set.
const Pairs creek{{1, 3}, {2, 4}, {3, 6}, {4, 5}, {5, 8}, {7, 10}, {8, 11}, {100, 101}};

constexpr std::array every_match{Match::intersects, Match::contained, Match::starts_in, Match::ends_in,
                                 Match::covers};

std::vector<MatchRule> with_bounds(Match match) {
  std::vector<MatchRule> rules;
  for (const Bound begin : {Bound::inclusive, Bound::exclusive}) {
    for (const Bound end : {Bound::inclusive, Bound::exclusive}) rules.push_back({match, begin, end});
  }
  return rules;
}

Interval<> interval_of(const Event& event) { return {event.begin, event.end}; }

class IntervalReaderTest : public ::testing::Test {
 protected:
  void append(const Pairs& pairs) {
    for (const auto& [begin, end] : pairs) out_.append(Event{begin, end});
  }
  static auto events(MatchRule match = {}, std::optional<std::int64_t> longest = std::nullopt) {
    return IntervalReader(keyed<KeyInItem<>>(Reader<Event>("events", Start::oldest())),
                          explicit_intervals(&interval_of, longest), match);
  }
  template <class In>
  static Pairs pairs(In& in, Interval<> query) {
    Pairs pairs;
    for (const Event& event : in.matching(query)) pairs.emplace_back(event.begin, event.end);
    return pairs;
  }
  static Pairs pairs(Interval<> query, MatchRule match = {}) {
    auto in = events(match);
    return pairs(in, query);
  }
  template <class In>
  static std::vector<std::int64_t> stamps(In& in, Interval<> query) {
    std::vector<std::int64_t> stamps;
    for (const TimeAndValue<int>& item : in.matching(query)) stamps.push_back(item.time);
    return stamps;
  }
  static StreamOptions timed(Timestamp timestamp) {
    StreamOptions options;
    options.history = 1000;
    options.timestamp = std::move(timestamp);
    return options;
  }

  test::TestDirectory directory;

 private:
  Writer<Event> out_{"events", timed(Timestamp::field("begin"))};
};

/// "Given a stream of (dbt, d) items ordered by dbt, s[qbt:qtt] gives the items that intersect with (qbt,
/// qtt). Intersection is a configurable concept."
TEST_F(IntervalReaderTest, FindsItemsByTheIntervalsAroundTheirStamps) {
  Writer<TimeAndValue<int>> out("a", timed(Timestamp::time_and_value()));
  for (int i = 0; i < 10; ++i) out.append({i * 10, i});  // 0, 10, ... 90
  const auto in = [&](StampInterval<> rule, MatchRule match = {}) {
    return IntervalReader(keyed<KeyInItem<>>(Reader<TimeAndValue<int>>("a", Start::oldest())), rule, match);
  };
  using Stamps = std::vector<std::int64_t>;
  auto instants = in(StampInterval<>::instant());
  EXPECT_EQ(stamps(instants, {30, 60}), (Stamps{30, 40, 50}));
  auto beginnings = in(StampInterval<>::at_begin(15));  // [t, t + 15)
  EXPECT_EQ(stamps(beginnings, {30, 60}), (Stamps{20, 30, 40, 50}));
  auto ends = in(StampInterval<>::at_end(15));  // [t - 15, t)
  EXPECT_EQ(stamps(ends, {30, 60}), (Stamps{40, 50, 60, 70}));
  auto middles = in(StampInterval<>::in_middle(14));  // [t - 7, t + 7)
  EXPECT_EQ(stamps(middles, {36, 54}), (Stamps{30, 40, 50, 60}));
  EXPECT_EQ(stamps(middles, {37, 53}), (Stamps{40, 50}));
  auto contained = in(StampInterval<>::at_begin(15), {.match = Match::contained});
  EXPECT_EQ(stamps(contained, {30, 60}), (Stamps{30, 40}));
  auto covering = in(StampInterval<>::at_begin(15), {.match = Match::covers});
  EXPECT_EQ(stamps(covering, {31, 33}), (Stamps{20, 30}));
  EXPECT_TRUE(stamps(covering, {30, 60}).empty());
}

/// "Like problem A, but we have ((dbt, dtt), d) items. Intersection is a bit more clear here, but still
/// configurable."
TEST_F(IntervalReaderTest, FindsItemsByIntervalsOfTheirOwn) {
  append(creek);
  EXPECT_EQ(pairs({4, 8}), (Pairs{{3, 6}, {4, 5}, {5, 8}, {7, 10}}));
  EXPECT_EQ(pairs({4, 8}, {.match = Match::contained}), (Pairs{{4, 5}, {5, 8}}));
  EXPECT_EQ(pairs({4, 8}, {.match = Match::starts_in}), (Pairs{{4, 5}, {5, 8}, {7, 10}}));
  EXPECT_EQ(pairs({4, 8}, {.match = Match::ends_in}), (Pairs{{3, 6}, {4, 5}, {5, 8}}));
  EXPECT_EQ(pairs({4, 6}, {.match = Match::covers}), (Pairs{{3, 6}}));
}

/// "Problem A solves itself by computing ((dbt, dtt), d) from (dbt, d), and solving Problem B."
TEST_F(IntervalReaderTest, MatchesStampIntervalsAsExplicitIntervals) {
  Writer<TimeAndValue<int>> out("a", timed(Timestamp::time_and_value()));
  for (int i = 0; i < 30; ++i) out.append({i * i / 10, i});
  const auto rules = {StampInterval<>::instant(), StampInterval<>::at_begin(4), StampInterval<>::at_end(4),
                      StampInterval<>::in_middle(5), StampInterval<>::at_begin(1)};
  for (const StampInterval<>& rule : rules) {
    for (const Match match : every_match) {
      for (const MatchRule& by : with_bounds(match)) {
        IntervalReader in(keyed<KeyInItem<>>(Reader<TimeAndValue<int>>("a", Start::oldest())), rule, by);
        for (std::int64_t begin = -6; begin < 92; ++begin) {
          for (const std::int64_t width : {0, 1, 2, 5, 30}) {
            const Interval<> query{begin, begin + width};
            std::vector<std::int64_t> expected;
            for (int i = 0; i < 30; ++i) {
              if (matches(rule.of(i * i / 10), query, by)) expected.push_back(i * i / 10);
            }
            ASSERT_EQ(stamps(in, query), expected) << begin << "+" << width << " " << static_cast<int>(match);
          }
        }
      }
    }
  }
}

/// Intervals as sets of moments. A grid of quarters shows every way in which whole numbers can
/// lie to each other.
class Moments {
 public:
  static Moments of_item(const Interval<>& item) {
    return {item, Bound::inclusive, item.begin < item.end ? Bound::exclusive : Bound::inclusive};
  }
  static Moments of_query(const Interval<>& query, const MatchRule& rule) {
    return {query, rule.begin, rule.end};
  }

  [[nodiscard]] bool has(double moment) const {
    const bool begun = begin_ == Bound::inclusive ? first_ <= moment : first_ < moment;
    return begun && (end_ == Bound::inclusive ? moment <= last_ : moment < last_);
  }

 private:
  Moments(const Interval<>& interval, Bound begin, Bound end)
      : first_(static_cast<double>(interval.begin)),
        last_(static_cast<double>(interval.end)),
        begin_(begin),
        end_(end) {}
  double first_, last_;
  Bound begin_, end_;
};

bool matches_by_moments(const Interval<>& item, const Interval<>& query, const MatchRule& rule) {
  const Moments of_item = Moments::of_item(item);
  const Moments of_query = Moments::of_query(query, rule);
  const bool is_instant = item.begin == item.end;
  // The last moment of an item is just before its end.
  const double last = static_cast<double>(item.end) - (is_instant ? 0 : 0.25);
  bool share = false;
  bool contained = true;
  bool covers = true;
  for (double moment = -2; moment < 12; moment += 0.25) {
    share = share || (of_item.has(moment) && of_query.has(moment));
    contained = contained && (!of_item.has(moment) || of_query.has(moment));
    covers = covers && (!of_query.has(moment) || of_item.has(moment));
  }
  switch (rule.match) {
    case Match::intersects:
      return share;
    case Match::contained:
      return contained;
    case Match::covers:
      return covers;
    case Match::starts_in:
      return of_query.has(static_cast<double>(item.begin));
    case Match::ends_in:
      return of_query.has(last);
  }
  return false;
}

TEST(Matches, AgreesWithTheMomentsOfItemAndQuery) {
  for (const Match match : every_match) {
    for (const MatchRule& rule : with_bounds(match)) {
      for (std::int64_t item_begin = 0; item_begin < 8; ++item_begin) {
        for (std::int64_t item_end = item_begin; item_end < 9; ++item_end) {
          for (std::int64_t begin = 0; begin < 8; ++begin) {
            for (std::int64_t end = begin + 1; end < 9; ++end) {
              const Interval<> item{item_begin, item_end};
              ASSERT_EQ(matches(item, {begin, end}, rule), matches_by_moments(item, {begin, end}, rule))
                  << item_begin << ":" << item_end << " " << begin << ":" << end << " "
                  << static_cast<int>(match) << " " << static_cast<int>(rule.begin)
                  << static_cast<int>(rule.end);
            }
          }
        }
      }
    }
  }
}

TEST_F(IntervalReaderTest, FindsAnItemThatEnclosesTheQuery) {
  append({{1, 100}, {2, 3}, {4, 5}, {50, 51}});
  EXPECT_EQ(pairs({10, 20}), (Pairs{{1, 100}}));
}

TEST_F(IntervalReaderTest, GivesEveryItemOnceToConsecutiveQueries) {
  append(creek);
  for (const Match match : {Match::starts_in, Match::ends_in}) {
    auto in = events({.match = match});
    Pairs all;
    for (std::int64_t begin = 0; begin < 102; begin += 2) {
      for (const Pair& pair : pairs(in, {begin, begin + 2})) all.push_back(pair);
    }
    if (match == Match::ends_in) std::sort(all.begin(), all.end());
    EXPECT_EQ(all, creek);
  }
}

TEST_F(IntervalReaderTest, FindsTheSameItemsIfTheLongestIntervalIsKnown) {
  append(creek);
  for (const Match match : every_match) {
    for (const MatchRule& rule : with_bounds(match)) {
      auto known = events(rule, 3);
      auto unknown = events(rule);
      for (std::int64_t begin = 0; begin < 12; ++begin) {
        for (std::int64_t width = 0; width < 6; ++width) {
          const Interval<> query{begin, begin + width};
          const Pairs expected = pairs(unknown, query);
          ASSERT_EQ(pairs(known, query), expected);
          Pairs naive;
          for (const Pair& pair : creek) {
            if (matches({pair.first, pair.second}, query, rule)) naive.push_back(pair);
          }
          ASSERT_EQ(expected, naive);
        }
      }
    }
  }
}

TEST_F(IntervalReaderTest, ThrowsIfAnOverwrittenItemMayMatch) {
  StreamOptions options = timed(Timestamp::field("begin"));
  options.history = 16;
  Writer<Event> out("short", options);
  for (int i = 0; i < 2000; ++i) out.append({i * 10, i * 10 + 5});
  const auto in = [](std::optional<std::int64_t> longest, const RangeOptions& range) {
    return IntervalReader(keyed<KeyInItem<>>(Reader<Event>("short", Start::oldest())),
                          explicit_intervals(&interval_of, longest), {}, range);
  };
  auto unknown = in(std::nullopt, {});
  EXPECT_THROW(static_cast<void>(unknown.matching({19900, 19950})), OverlapsPast);
  auto known = in(5, {});
  EXPECT_EQ(pairs(known, {19900, 19925}), (Pairs{{19900, 19905}, {19910, 19915}, {19920, 19925}}));
  auto left = in(std::nullopt, {.take_what_is_left = true});
  EXPECT_EQ(pairs(left, {19900, 19911}), (Pairs{{19900, 19905}, {19910, 19915}}));
}

TEST_F(IntervalReaderTest, ThrowsIfARequiredEndIsNotThereYet) {
  Writer<TimeAndValue<int>> out("a", timed(Timestamp::time_and_value()));
  for (int i = 0; i < 4; ++i) out.append({i * 10, i});
  Reader<TimeAndValue<int>> reader("a", Start::oldest());
  KeyInItem<> map(reader.raw());
  // Stamps are at the end: an item that began before 30 may have a stamp of up to 39.
  IntervalReader in(Keyed(std::move(reader), map), StampInterval<>::at_end(10), {}, {.require_end = true});
  EXPECT_THROW(static_cast<void>(in.matching({10, 30})), OverlapsFuture);
  out.append({40, 4});
  EXPECT_EQ(stamps(in, {10, 30}), (std::vector<std::int64_t>{20, 30}));
}

TEST_F(IntervalReaderTest, RejectsAQueryThatEndsBeforeItBegins) {
  auto in = events();
  EXPECT_THROW(static_cast<void>(in.matching({5, 4})), InvalidArgument);
}

}  // namespace
}  // namespace shm
