// SPDX-License-Identifier: Apache-2.0

// The item that a stream had as of a key.
#include "shm/query/as_of.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "shm/query/key_in_item.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using Item = TimeAndValue<double>;
using Method = AsOfMethod;
using State = AsOfState;

class AsOfTest : public ::testing::Test {
 protected:
  AsOfTest() : out("s", timed()) {
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

TEST_F(AsOfTest, PreviousIsTheLastItemAtOrBeforeTheKey) {
  EXPECT_EQ(look(10, Method::previous), found(0));
  EXPECT_EQ(look(19, Method::previous), found(0));
  EXPECT_EQ(look(20, Method::previous), found(2));
  EXPECT_EQ(look(39, Method::previous), found(2));
  EXPECT_EQ(look(9, Method::previous), only(State::none));
}

TEST_F(AsOfTest, NextIsTheFirstItemAtOrAfterTheKey) {
  EXPECT_EQ(look(9, Method::next), found(0));
  EXPECT_EQ(look(11, Method::next), found(1));
  EXPECT_EQ(look(20, Method::next), found(1));
  EXPECT_EQ(look(40, Method::next), found(3));
}

TEST_F(AsOfTest, NearestIsTheCloserItemAndThePreviousIfBothAreAsClose) {
  EXPECT_EQ(look(14, Method::nearest), found(0));
  EXPECT_EQ(look(15, Method::nearest), found(0));
  EXPECT_EQ(look(16, Method::nearest), found(1));
  EXPECT_EQ(look(30, Method::nearest), found(2));
  EXPECT_EQ(look(31, Method::nearest), found(3));
  EXPECT_EQ(look(INT64_MIN, Method::nearest), found(0));
}

TEST_F(AsOfTest, ItemsBeyondTheToleranceAreNotFound) {
  EXPECT_EQ(look(25, Method::previous, 5), found(2));
  EXPECT_EQ(look(26, Method::previous, 5), only(State::none));
  EXPECT_EQ(look(35, Method::next, 5), found(3));
  EXPECT_EQ(look(34, Method::next, 5), only(State::none));
  EXPECT_EQ(look(30, Method::nearest, 9), only(State::none));
  EXPECT_EQ(look(INT64_MIN, Method::next, INT64_MAX), only(State::none));
}

TEST_F(AsOfTest, IsNotYetWhileALaterItemMayChangeTheResult) {
  // After the newest item a later one may come, with the same key or before the key of the query.
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

TEST_F(AsOfTest, WaitsForTheResultUntilTheDeadline) {
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

TEST_F(AsOfTest, OverwrittenItemIsGone) {
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

TEST_F(AsOfTest, InterpolatesOnTheLineBetweenTheItemsAroundTheKey) {
  const auto value = [](const Item& item) { return item.value; };
  EXPECT_EQ(interpolate(in, 15, value), 22.5);
  EXPECT_EQ(interpolate(in, 30, value), 45.0);
  EXPECT_EQ(interpolate(in, 10, value), 15.0);
  EXPECT_EQ(interpolate(in, 5, value), std::nullopt);
  EXPECT_EQ(interpolate(in, 45, value), std::nullopt);
  EXPECT_EQ(interpolate(in, 30, value, {.tolerance = 9}), std::nullopt);
}

TEST_F(AsOfTest, TakesTheKeysThatTheStreamHas) {
  RawReader raw("s", Start::oldest());
  const StreamKeys keys(raw);
  EXPECT_EQ(as_of(raw, keys, 25).index, 2U);
  EXPECT_EQ(keys.ledger(), nullptr);
  Writer<int> keyless("keyless");
  EXPECT_THROW(StreamKeys(RawReader("keyless", Start::oldest())), InvalidArgument);
}

}  // namespace
}  // namespace shm
