// SPDX-License-Identifier: Apache-2.0

// What one stream had as of another's keys.
#include "shm/query/as_of.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "shm/query/key_in_item.hpp"
#include "shm/query/ledger.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using Item = TimeAndValue<double>;
using Method = AsOfMethod;
using State = AsOfState;

class AsOfKeys : public ::testing::Test {
 protected:
  AsOfKeys() : out("s", timed()) {
    for (const int key : {10, 20, 20, 40}) out.append({key, key * 1.5});
  }
  static StreamOptions timed(std::uint64_t history = 100) {
    StreamOptions options;
    options.history = history;
    options.timestamp = Timestamp::time_and_value();
    return options;
  }
  static Keyed<Reader<Item>, KeyInItem<>> timed_reader(const std::string& name) {
    return keyed<KeyInItem<>>(Reader<Item>(name, Start::oldest()));
  }
  std::pair<State, std::optional<Index>> look(std::int64_t key, Method how,
                                              std::optional<std::int64_t> tolerance = std::nullopt) {
    const AsOf<> found = as_of(in, key, {.how = how, .tolerance = tolerance});
    return {found.state, found.index};
  }
  static std::pair<State, std::optional<Index>> found(Index index) { return {State::found, index}; }
  static std::pair<State, std::optional<Index>> only(State state) { return {state, std::nullopt}; }

  test::TestDirectory directory;
  Writer<Item> out;
  Keyed<Reader<Item>, KeyInItem<>> in = timed_reader("s");
};

TEST_F(AsOfKeys, PreviousIsTheLastItemAtOrBefore) {
  EXPECT_EQ(look(10, Method::previous), found(0));
  EXPECT_EQ(look(19, Method::previous), found(0));
  EXPECT_EQ(look(20, Method::previous), found(2));
  EXPECT_EQ(look(39, Method::previous), found(2));
  EXPECT_EQ(look(9, Method::previous), only(State::none));
}

TEST_F(AsOfKeys, NextIsTheFirstItemAtOrAfter) {
  EXPECT_EQ(look(9, Method::next), found(0));
  EXPECT_EQ(look(11, Method::next), found(1));
  EXPECT_EQ(look(20, Method::next), found(1));
  EXPECT_EQ(look(40, Method::next), found(3));
}

TEST_F(AsOfKeys, NearestIsTheCloserOneAndThePreviousOfTwo) {
  EXPECT_EQ(look(14, Method::nearest), found(0));
  EXPECT_EQ(look(15, Method::nearest), found(0));
  EXPECT_EQ(look(16, Method::nearest), found(1));
  EXPECT_EQ(look(30, Method::nearest), found(2));
  EXPECT_EQ(look(31, Method::nearest), found(3));
  EXPECT_EQ(look(INT64_MIN, Method::nearest), found(0));
}

TEST_F(AsOfKeys, BeyondTheToleranceNothingCounts) {
  EXPECT_EQ(look(25, Method::previous, 5), found(2));
  EXPECT_EQ(look(26, Method::previous, 5), only(State::none));
  EXPECT_EQ(look(35, Method::next, 5), found(3));
  EXPECT_EQ(look(34, Method::next, 5), only(State::none));
  EXPECT_EQ(look(30, Method::nearest, 9), only(State::none));
  EXPECT_EQ(look(INT64_MIN, Method::next, INT64_MAX), only(State::none));
}

TEST_F(AsOfKeys, WhatIsToComeMayBeTheAnswer) {
  // After the newest item another one may come, with the same key or before the one that is asked for.
  EXPECT_EQ(look(40, Method::previous), (std::pair{State::not_yet, std::optional<Index>(3)}));
  EXPECT_EQ(look(50, Method::previous), (std::pair{State::not_yet, std::optional<Index>(3)}));
  EXPECT_EQ(look(50, Method::previous, 5), only(State::not_yet));
  EXPECT_EQ(look(50, Method::next), only(State::not_yet));
  EXPECT_EQ(look(50, Method::nearest), (std::pair{State::not_yet, std::optional<Index>(3)}));
  out.close();
  EXPECT_EQ(look(40, Method::previous), found(3));
  EXPECT_EQ(look(50, Method::next), only(State::none));
  EXPECT_EQ(look(50, Method::nearest), found(3));
}

TEST_F(AsOfKeys, AnswerIsWaitedForWhenAskedSo) {
  std::thread writer([&] {
    out.append({50, 1});
    out.append({60, 1});
  });
  const AsOf<> found = as_of(in, 55, {.how = Method::nearest, .wait = Deadline::never()});
  writer.join();
  EXPECT_EQ(found.state, State::found);
  EXPECT_EQ(found.index, 4U);
  EXPECT_EQ(as_of(in, 99, {.wait = std::chrono::milliseconds(1)}).state, State::not_yet);
}

TEST_F(AsOfKeys, ItemThatIsOverwrittenIsGone) {
  Writer<Item> small("small", timed(10));
  for (int i = 0; i < 5000; ++i) small.append({i * 10, 0});
  auto in_small = timed_reader("small");
  const IndexRange there = in_small.reader().readable();
  const auto oldest = static_cast<std::int64_t>(there.begin) * 10;
  EXPECT_EQ(as_of(in_small, oldest - 1, {}).state, State::gone);
  EXPECT_EQ(as_of(in_small, oldest - 1, {.how = Method::next}).state, State::gone);
  EXPECT_EQ(as_of(in_small, oldest - 1, {.how = Method::nearest}).state, State::gone);
  EXPECT_EQ(as_of(in_small, oldest, {}).index, there.begin);
  EXPECT_EQ(as_of(in_small, oldest + 1, {.how = Method::next}).index, there.begin + 1);
  EXPECT_EQ(as_of(in_small, oldest + 1, {.how = Method::nearest}).index, there.begin);
}

TEST_F(AsOfKeys, NumbersAreInterpolatedOnTheLineBetweenTheItemsAround) {
  const auto value = [](const Item& item) { return item.value; };
  EXPECT_EQ(interpolate(in, 15, value), 22.5);
  EXPECT_EQ(interpolate(in, 30, value), 45.0);
  EXPECT_EQ(interpolate(in, 10, value), 15.0);
  EXPECT_EQ(interpolate(in, 5, value), std::nullopt);
  EXPECT_EQ(interpolate(in, 45, value), std::nullopt);
  EXPECT_EQ(interpolate(in, 30, value, {.tolerance = 9}), std::nullopt);
}

TEST_F(AsOfKeys, EachItemOfOneStreamIsAlignedWithTheOthers) {
  StreamOptions sampled;
  sampled.history = 100;
  sampled.sample_rate = 1e8;
  sampled.ledger = LedgerOptions{};
  Writer<int> samples("samples", sampled);
  const std::array numbers{0, 1, 2, 3, 4, 5};
  samples.append(numbers, Stamp::first(0));  // 0, 10, ... 50
  auto first = keyed<Ledger>(Reader<int>("samples", Start::oldest()));
  const auto rows = aligned(first, {0, 40}, {.tolerance = 9}, in, in);
  ASSERT_EQ(rows.size(), 4U);
  const auto& [none, also_none] = rows[0].others;
  EXPECT_FALSE(none || also_none);
  EXPECT_EQ(rows[1].key, 10);
  EXPECT_EQ(rows[1].item, 1);
  EXPECT_EQ(std::get<0>(rows[1].others)->time, 10);
  EXPECT_EQ(std::get<1>(rows[2].others)->value, 30);
  EXPECT_EQ(rows[3].states[0], State::none);  // 20 is 10 before 30
}

TEST_F(AsOfKeys, AnyStreamsOwnKeysWillDo) {
  RawReader raw("s", Start::oldest());
  const StreamKeys keys(raw);
  EXPECT_EQ(as_of(raw, keys, 25).index, 2U);
  EXPECT_EQ(keys.ledger(), nullptr);
  Writer<int> keyless("keyless");
  EXPECT_THROW(StreamKeys(RawReader("keyless", Start::oldest())), InvalidArgument);
}

}  // namespace
}  // namespace shm
