// SPDX-License-Identifier: Apache-2.0

// Merging random streams while they grow: every item comes once, and in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "merge_support.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using test::TimedItem;

/// Random streams, appended to in random order while they are merged: the order is that of a stable sort.
class MergeProperty : public test::MergeWithClock, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Seeds, MergeProperty, ::testing::Range(0, 24));

TEST_P(MergeProperty, GivesTheStableSortOfAllItems) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::size_t streams = GetParam() < 4 ? static_cast<std::size_t>(GetParam()) + 1 : 1 + below(70);
  const std::size_t items = static_cast<std::size_t>(test::turns(20'000));
  const std::size_t step = 1 + below(4);  // 1: all keys are equal
  struct Expected {
    std::int64_t key;
    std::size_t stream;
    Index index;
  };
  std::vector<Expected> expected;
  std::vector<std::vector<TimedItem>> left(streams);
  std::vector<std::int64_t> key(streams, 0);
  for (std::size_t i = 0; i < items; ++i) {
    const std::size_t stream = below(streams);
    key[stream] += static_cast<std::int64_t>(below(step));
    expected.push_back({key[stream], stream, left[stream].size()});
    left[stream].push_back({key[stream], static_cast<std::int64_t>(left[stream].size())});
  }
  std::stable_sort(expected.begin(), expected.end(), [](const Expected& a, const Expected& b) {
    return std::tie(a.key, a.stream) < std::tie(b.key, b.stream);
  });

  open_all(streams, items + 1);
  Merge<> merge;
  add_all(merge);
  std::vector<std::size_t> appended(streams, 0);
  std::vector<std::size_t> growing(streams);
  for (std::size_t i = 0; i < streams; ++i) growing[i] = i;
  std::size_t seen = 0;
  const auto check = [&](std::size_t stream, Index index, std::int64_t at, const TimedItem& item,
                         bool is_late) {
    ASSERT_LT(seen, expected.size());
    ASSERT_EQ(at, expected[seen].key);
    ASSERT_EQ(stream, expected[seen].stream);
    ASSERT_EQ(index, expected[seen].index);
    ASSERT_EQ(item.time, at);
    ASSERT_EQ(item.value, static_cast<std::int64_t>(index));
    ASSERT_FALSE(is_late);
    ++seen;
  };
  for (;;) {
    Status status = Status::ok;
    for (std::size_t most = 1 + below(400); most > 0 && status == Status::ok; --most) {
      if (GetParam() % 3 == 1 || (GetParam() % 3 == 2 && below(4) == 0)) {  // by runs, or item by item
        const auto run = merge.try_next_run();
        status = run.status;
        for (std::size_t i = 0; i < run.keys.size(); ++i) {
          check(run.stream, run.first + i, run.keys[i], run.as<TimedItem>()[i], run.is_late);
        }
      } else if (const auto next = merge.try_next()) {
        check(next->stream, next->index, next->key, next->as<TimedItem>(), next->is_late);
      } else {
        status = next.status;
      }
      if (HasFatalFailure()) return;
    }
    if (status == Status::ended) break;
    ASSERT_TRUE(status == Status::ok || status == Status::not_yet);
    if (growing.empty()) continue;
    const std::size_t which = below(growing.size());
    const std::size_t stream = growing[which];
    const std::size_t count =
        std::min(1 + below(below(8) == 0 ? 900 : 20), left[stream].size() - appended[stream]);
    out[stream].append(std::span<const TimedItem>(left[stream]).subspan(appended[stream], count));
    appended[stream] += count;
    if (appended[stream] == left[stream].size()) {
      out[stream].close();
      growing.erase(growing.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  EXPECT_EQ(seen, expected.size());
}

TEST_P(MergeProperty, GivesAllItemsWithLatenessAndOnlyLateOnesOutOfOrder) {
  std::mt19937 random(static_cast<unsigned>(1000 + GetParam()));
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::size_t streams = 2 + below(12);
  open_all(streams, 20'000);
  Merge<> merge(with_clock(std::chrono::milliseconds(below(20))));
  add_all(merge);
  std::vector<Index> expected(streams, 0);
  std::vector<std::int64_t> key(streams, 0);
  std::optional<std::pair<std::int64_t, std::size_t>> last;
  std::size_t late = 0;
  const auto look = [&] {
    for (;;) {
      const auto next = merge.try_next();
      if (!next) return next.status;
      EXPECT_EQ(next->index, expected[next->stream]++);
      EXPECT_EQ(next->as<TimedItem>().value, static_cast<std::int64_t>(next->index));
      const std::pair at(next->key, next->stream);
      EXPECT_EQ(next->is_late, last && at < *last);
      late += next->is_late ? 1 : 0;
      if (!next->is_late) last = at;
    }
  };
  for (int turn = 0; turn < test::turns(3000); ++turn) {
    const std::size_t stream = std::min(below(streams), below(streams));  // some are silent for longer
    for (std::size_t n = below(5); n > 0; --n) {
      key[stream] = std::max<std::int64_t>(key[stream], turn - static_cast<std::int64_t>(below(30)));
      out[stream].append({key[stream], static_cast<std::int64_t>(out[stream].inserted())});
    }
    now += std::chrono::milliseconds(below(3));
    EXPECT_EQ(look(), Status::not_yet);
  }
  std::vector<Index> appended;
  for (Writer<TimedItem>& writer : out) {
    appended.push_back(writer.inserted());
    writer.close();
  }
  EXPECT_EQ(look(), Status::ended);
  EXPECT_EQ(expected, appended);
  RecordProperty("late", static_cast<int>(late));
}

}  // namespace
}  // namespace shm
