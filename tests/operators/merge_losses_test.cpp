// SPDX-License-Identifier: Apache-2.0

// Losses and errors of a merge: items that were overwritten, keys that are NaN or decrease.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "merge_support.hpp"
#include "shm/base/error.hpp"

namespace shm {
namespace {

using test::TimedItem;

class MergeLosses : public test::MergeFixture {};

TEST_F(MergeLosses, ThrowsAtAKeyThatDecreases) {
  open_all(1);
  Writer<int> plain("plain", {.history = 100});
  for (int i = 0; i < 5; ++i) plain.append(i);
  out[0].append({100, 0});
  const std::array<std::int64_t, 5> keys{1, 2, 2, 1, 9};
  Merge<> merge({.up_to_now = true});
  merge.add(Reader<int>("plain", Start::oldest()), KeyFunction([&](Index i) { return keys.at(i); }));
  add(merge, 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(merge.next()->as<int>(), i);
  for (int again = 0; again < 2; ++again) {
    try {
      static_cast<void>(merge.next());
      FAIL();
    } catch (const KeyDecreases& error) {
      EXPECT_EQ(error.what(),
                std::string("stream 'plain': the key of item 3, 1, is less than that of the item before it, "
                            "2: its index map is wrong, or the stream is damaged"));
    }
  }
}

TEST_F(MergeLosses, ThrowsAtAKeyThatIsNaN) {
  Writer<int> plain("plain", {.history = 100});
  plain.append(1);
  Merge<double> merge({.up_to_now = true});
  merge.add(Reader<int>("plain", Start::oldest()), KeyFunction([](Index) { return std::nan(""); }));
  EXPECT_THROW(static_cast<void>(merge.next()), KeyDecreases);
}

TEST_F(MergeLosses, LosesNoItemIfAMapThrows) {
  Writer<int> plain("plain", {.history = 100});
  plain.append(1);
  bool throws = true;
  Merge<> merge({.up_to_now = true});
  merge.add(Reader<int>("plain", Start::oldest()), KeyFunction([&](Index) -> std::int64_t {
              if (throws) throw std::runtime_error("not now");
              return 5;
            }));
  EXPECT_THROW(static_cast<void>(merge.next()), std::runtime_error);
  throws = false;
  EXPECT_EQ(merge.next()->as<int>(), 1);
  EXPECT_EQ(merge.next().status, Status::ended);
}

TEST_F(MergeLosses, ReportsTheLostItemsOfALappedStreamAndKeepsTheRestInOrder) {
  open_all(2, 64);
  Merge<> merge;
  add_all(merge);
  std::int64_t time = 0;
  const auto append = [&](std::size_t stream, int count) {
    for (int i = 0; i < count; ++i, ++time) out[stream].append({time, time});
  };
  append(0, 40);
  append(1, 1);
  EXPECT_EQ(merge.next()->key, 0);  // the first batch is 40 items and 1
  append(0, 5000);
  append(1, 30);
  for (Writer<TimedItem>& writer : out) writer.close();

  std::array<Index, 2> expected{1, 0};
  std::int64_t before = 0;
  std::uint64_t lost = 0;
  for (;;) {
    const auto next = merge.next();
    if (next.status == Status::ended) break;
    if (next.status == Status::lost) {
      EXPECT_EQ(next.item.stream, 0U);
      EXPECT_EQ(next.lost.begin, expected[0]);
      EXPECT_EQ(next.lost.begin, 40U);
      expected[0] = next.lost.end;
      lost += next.lost.size();
      continue;
    }
    ASSERT_EQ(next.status, Status::ok);
    EXPECT_EQ(next->index, expected.at(next->stream)++);
    EXPECT_EQ(next->key, next->as<TimedItem>().value);
    EXPECT_GE(next->key, before);
    before = next->key;
  }
  EXPECT_GT(lost, 4000U);
  EXPECT_EQ(merge.lost_items(0), lost);
  EXPECT_EQ(merge.lost_items(1), 0U);
  EXPECT_EQ(expected, (std::array<Index, 2>{5040, 31}));
}

TEST_F(MergeLosses, ThrowsAtALossIfTheReaderIsSetTo) {
  open_all(1, 64);
  Merge<> merge;
  add(merge, 0, {.loss_is_error = true});
  for (std::int64_t i = 0; i < 5000; ++i) out[0].append({i, i});
  EXPECT_THROW(static_cast<void>(merge.next()), OverlapsPast);
  EXPECT_EQ(merge.next().status, Status::ok);  // from a safe item on
}

TEST_F(MergeLosses, EndsALostRangeAtTheEndOfItsStream) {
  open_all(1, 64);
  for (std::int64_t i = 0; i < 10; ++i) out[0].append({i, i});
  Merge<> merge({.up_to_now = true});
  add_all(merge);
  for (std::int64_t i = 0; i < 5000; ++i) out[0].append({100, i});
  const auto next = merge.next();
  EXPECT_EQ(next.status, Status::lost);
  EXPECT_EQ(next.lost, (IndexRange{0, 10}));
  EXPECT_EQ(merge.next().status, Status::ended);
}

TEST_F(MergeLosses, ReportsItemsWithoutKeysAsLost) {
  struct Gappy {
    using Key = std::int64_t;
    [[nodiscard]] Index lower(Key, IndexRange within) const { return within.begin; }
    [[nodiscard]] std::optional<Key> key(Index i) const {
      return i < 2 || i == 5 ? std::nullopt : std::optional<Key>(static_cast<Key>(i));
    }
  };
  Writer<int> plain("plain", {.history = 100});
  for (int i = 0; i < 8; ++i) plain.append(i);
  Merge<> merge({.up_to_now = true});
  merge.add(Reader<int>("plain", Start::oldest()), Gappy{});
  auto next = merge.next();
  EXPECT_EQ(next.status, Status::lost);
  EXPECT_EQ(next.lost, (IndexRange{0, 2}));
  for (const Index i : {2U, 3U, 4U}) EXPECT_EQ(merge.next()->index, i);
  next = merge.next();
  EXPECT_EQ(next.status, Status::lost);
  EXPECT_EQ(next.lost, (IndexRange{5, 6}));
  for (const Index i : {6U, 7U}) EXPECT_EQ(merge.next()->index, i);
  EXPECT_EQ(merge.next().status, Status::ended);
  EXPECT_EQ(merge.lost_items(0), 3U);
}

}  // namespace
}  // namespace shm
