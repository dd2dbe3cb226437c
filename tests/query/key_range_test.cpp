// SPDX-License-Identifier: Apache-2.0

// Ranges by key: each promise of key_range.hpp.
#include "shm/query/key_range.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "shm/query/key_in_item.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using Item = TimeAndValue<int>;

class KeyRangeTest : public ::testing::Test {
 protected:
  static StreamOptions timed(std::uint64_t history = 100) {
    StreamOptions options;
    options.history = history;
    options.timestamp = Timestamp::time_and_value();
    return options;
  }
  static auto timed_reader(const std::string& name = "s") {
    return keyed<KeyInItem<>>(Reader<Item>(name, Start::oldest()));
  }
  static std::vector<int> values(const std::vector<Item>& items) {
    std::vector<int> values;
    for (const Item& item : items) values.push_back(item.value);
    return values;
  }
  /// Keys 10, 20, 20, 30, 40 with values 1 to 5.
  void append_five() {
    int value = 0;
    for (const std::int64_t key : {10, 20, 20, 30, 40}) out.append({key, ++value});
  }

  test::TestDirectory directory;
  Writer<Item> out{"s", timed()};
};

TEST_F(KeyRangeTest, TakesTheItemsFromBeginToBeforeEnd) {
  append_five();
  auto in = timed_reader();
  EXPECT_EQ(values(in.range(10, 30)), (std::vector{1, 2, 3}));
  EXPECT_EQ(values(in.range(20, 31)), (std::vector{2, 3, 4}));
  EXPECT_EQ(values(in.range(11, 20)), (std::vector<int>{}));
  EXPECT_EQ(values(in.range(0, 1000)), (std::vector{1, 2, 3, 4, 5}));
}

TEST_F(KeyRangeTest, TakesInclusiveAndExclusiveBounds) {
  append_five();
  auto in = timed_reader();
  EXPECT_EQ(values(in.range(20, 30, {.end = Bound::inclusive})), (std::vector{2, 3, 4}));
  EXPECT_EQ(values(in.range(20, 40, {.begin = Bound::exclusive})), (std::vector{4}));
  EXPECT_EQ(values(in.range(20, 40, {.begin = Bound::exclusive, .end = Bound::inclusive})),
            (std::vector{4, 5}));
  EXPECT_EQ(values(in.range(20, 20, {.end = Bound::inclusive})), (std::vector{2, 3}));
  EXPECT_EQ(values(in.range(20, 20, {.begin = Bound::exclusive, .end = Bound::inclusive})),
            (std::vector<int>{}));
}

TEST_F(KeyRangeTest, RoundsTheBeginDownToTheItemAtOrBefore) {
  append_five();
  auto in = timed_reader();
  EXPECT_EQ(values(in.range(25, 31, {.round_down = true})), (std::vector{3, 4}));
  EXPECT_EQ(values(in.range(20, 31, {.round_down = true})),
            (std::vector{2, 3, 4}));                                           // items have exactly this key
  EXPECT_EQ(values(in.range(5, 15, {.round_down = true})), (std::vector{1}));  // no item is before
  EXPECT_EQ(values(in.range(45, 50, {.round_down = true})), (std::vector{5}));
}

TEST_F(KeyRangeTest, IsEmptyIfNoItemIsInTheRange) {
  auto in = timed_reader();
  EXPECT_TRUE(in.range(5, 10).empty());
  append_five();
  EXPECT_TRUE(in.range(30, 30).empty());
  EXPECT_TRUE(in.range(41, 50).empty());
  EXPECT_THROW(static_cast<void>(in.range(30, 29)), InvalidArgument);
}

TEST_F(KeyRangeTest, ThrowsIfARequiredEndIsNotThereYet) {
  append_five();
  auto in = timed_reader();
  EXPECT_EQ(values(in.range(30, 40, {.require_end = true})), (std::vector{4}));
  EXPECT_THROW(static_cast<void>(in.range(30, 41, {.require_end = true})), OverlapsFuture);
  EXPECT_THROW(
      static_cast<void>(in.range(30, 41, {.require_end = true, .wait = std::chrono::milliseconds(1)})),
      TimedOut);
  EXPECT_TRUE(in.find(30, 41).may_grow);
  EXPECT_FALSE(in.find(30, 40).may_grow);
}

TEST_F(KeyRangeTest, WaitsForARequiredEnd) {
  append_five();
  auto in = timed_reader();
  std::thread writer([&] {
    out.append({41, 6});
    out.append({50, 7});
  });
  EXPECT_EQ(values(in.range(30, 50, {.require_end = true, .wait = Deadline::never()})),
            (std::vector{4, 5, 6}));
  writer.join();
}

TEST_F(KeyRangeTest, RequiresNoEndOfAStreamThatHasEnded) {
  append_five();
  auto in = timed_reader();
  out.close();
  EXPECT_EQ(values(in.range(30, 99, {.require_end = true})), (std::vector{4, 5}));
}

TEST_F(KeyRangeTest, CanBeginAtTheCursor) {
  append_five();
  auto in = timed_reader();
  in.reader().seek(2);
  EXPECT_EQ(values(in.range(10, 35, {.newer_than_cursor = true})), (std::vector{3, 4}));
  EXPECT_EQ(in.reader().cursor(), 2U);
}

TEST_F(KeyRangeTest, ThrowsIfTheBeginWasOverwrittenUnlessItTakesWhatIsLeft) {
  Writer<Item> small("small", timed(10));
  auto in = timed_reader("small");
  for (int i = 0; i < 5000; ++i) small.append({i * 10, i});
  const IndexRange there = in.reader().readable();
  ASSERT_GT(there.begin, 0U);
  const auto oldest = static_cast<std::int64_t>(there.begin) * 10;
  try {
    static_cast<void>(in.range(oldest - 20, oldest + 20));
    FAIL();
  } catch (const OverlapsPast& error) {
    EXPECT_EQ(error.readable(), there);
    EXPECT_EQ(error.asked(), (IndexRange{there.begin, there.begin + 2}));
  }
  // An overwritten item may have had the key of the oldest one.
  EXPECT_THROW(static_cast<void>(in.range(oldest, oldest + 20)), OverlapsPast);
  EXPECT_EQ(in.range(oldest + 1, oldest + 21).size(), 2U);
  EXPECT_EQ(in.range(oldest, oldest + 21, {.begin = Bound::exclusive}).size(), 2U);
  const KeyRange left = in.find(oldest - 20, oldest + 20, {.take_what_is_left = true});
  EXPECT_EQ(left.items, (IndexRange{there.begin, there.begin + 2}));
  EXPECT_TRUE(left.begins_in_past);
  EXPECT_THROW(static_cast<void>(in.range(0, 10)), OverlapsPast);
  EXPECT_TRUE(in.range(0, 10, {.take_what_is_left = true}).empty());
}

// The next two are from the list "To test" in stream2py's design notes: "reads are consistent when the buffer
// advances due to new writes", and "same query key to a buffer that changed". The others are in
// index_map_test.cpp.

TEST_F(KeyRangeTest, GivesTheSameItemsAfterNewWrites) {
  Writer<Item> small("small", timed(64));
  auto in = timed_reader("small");
  for (int i = 0; i < 60; ++i) small.append({i * 10, i});
  const auto map = in.map();
  const KeyRange found = in.find(305, 405);
  const std::vector<Item> before = in.range(305, 405);
  const View<Item> view = in.range_view(305, 405);
  for (int i = 60; i < 100; ++i) small.append({i * 10, i});
  // Keys, indices and items stay the same.
  EXPECT_EQ(in.find(305, 405).items, found.items);
  EXPECT_EQ(values(in.range(305, 405)), values(before));
  EXPECT_EQ(map.key(found.items.begin), 310);
  EXPECT_TRUE(view.intact());
  EXPECT_EQ(view.front().value, 31);
  for (int i = 100; i < 2000; ++i) small.append({i * 10, i});
  EXPECT_THROW(static_cast<void>(in.range(305, 405)), OverlapsPast);
  EXPECT_EQ(map.key(found.items.begin), std::nullopt);
  EXPECT_FALSE(view.intact());
}

TEST_F(KeyRangeTest, GivesTheSameItemsUntilOneIsOverwrittenAndThenThrows) {
  Writer<Item> small("small", timed(64));
  auto in = timed_reader("small");
  int i = 0;
  for (; i < 60; ++i) small.append({i * 10, i});
  const std::vector<int> before = values(in.range(305, 405));
  EXPECT_EQ(before.size(), 10U);
  bool is_gone = false;
  for (; i < 3000; ++i) {
    small.append({i * 10, i});
    try {
      const std::vector<int> now = values(in.range(305, 405));
      ASSERT_FALSE(is_gone);
      ASSERT_EQ(now, before);
    } catch (const OverlapsPast&) {
      is_gone = true;
    }
  }
  EXPECT_TRUE(is_gone);
}

TEST_F(KeyRangeTest, WriterRejectsKeysThatDecreaseAndWritesNothing) {
  append_five();
  EXPECT_THROW(out.append({39, 6}), KeyDecreases);
  const std::array<Item, 3> items{{{40, 6}, {50, 7}, {49, 8}}};
  EXPECT_THROW(out.append(std::span<const Item>(items)), KeyDecreases);
  std::span<Item> slots = out.claim(2);
  slots[0] = {60, 6};
  slots[1] = {59, 7};
  EXPECT_THROW(out.publish(2), KeyDecreases);
  EXPECT_EQ(out.inserted(), 5U);
  slots[1] = {60, 7};
  out.publish(2);
  EXPECT_EQ(out.inserted(), 7U);
  EXPECT_THROW(out.append({61, 0}, Stamp::first(3)), InvalidArgument);
}

TEST_F(KeyRangeTest, WriterRejectsKeysThatAreNaN) {
  StreamOptions options;
  options.timestamp = Timestamp::time_and_value();
  Writer<TimeAndValue<int, double>> real("real", options);
  real.append({-0.5, 1});
  EXPECT_THROW(real.append({std::nan(""), 2}), KeyDecreases);
  EXPECT_THROW(real.append({INFINITY, 2}), KeyDecreases);
  real.append({0.0, 2});
  real.append({-0.0, 3});  // there is one zero
  real.append({1.5, 4});
  Reader<TimeAndValue<int, double>> reader("real", Start::oldest());
  KeyInItem<double> in_seconds(reader.raw());
  KeyInItem<> in_ns(reader.raw());
  EXPECT_EQ(in_seconds.lower(0.0, reader.readable()), 1U);
  EXPECT_EQ(in_seconds.lower(0.1, reader.readable()), 3U);
  EXPECT_EQ(in_ns.key(3), 1'500'000'000);
  EXPECT_EQ(in_ns.lower(1'500'000'001, reader.readable()), 4U);
}

TEST_F(KeyRangeTest, ViewHasTheSameItemsWithoutACopy) {
  append_five();
  auto in = timed_reader();
  const View<Item> view = in.range_view(20, 40);
  ASSERT_EQ(view.size(), 3U);
  EXPECT_EQ(view[0].value, 2);
  EXPECT_TRUE(view.intact());
}

TEST_F(KeyRangeTest, FindsTheLastItemAtOrBeforeAKey) {
  append_five();
  auto in = timed_reader();
  EXPECT_EQ(in.at_or_before(20), 2U);
  EXPECT_EQ(in.at_or_before(25), 2U);
  EXPECT_EQ(in.at_or_before(99), 4U);
  EXPECT_EQ(in.at_or_before(9), std::nullopt);
}

}  // namespace
}  // namespace shm
