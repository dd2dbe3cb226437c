// SPDX-License-Identifier: Apache-2.0

// Several streams as one in the order of their keys: over the items that are there, and one by one as they
// come.
#include "shm/operators/merge.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "merge_support.hpp"
#include "shm/format/described.hpp"
#include "shm/query/ledger.hpp"

namespace shm {
namespace {

using test::TimedItem;

class MergeTest : public test::MergeFixture {};

struct Word {
  std::int64_t time;
  std::array<char, 8> text;
};
BOOST_DESCRIBE_STRUCT(Word, (), (time, text))

TEST(Merge, GivesTheHelloWorldOfTheSeedsInOrder) {
  const test::TestDirectory directory;
  StreamOptions options;
  options.history = 10;
  options.timestamp = Timestamp::field("time");
  Writer<Word> hello("hello", options);
  Writer<Word> world("world", options);
  Merge<> merge;
  std::vector<std::string> names;
  for (const char* name : {"hello", "world"}) {
    Reader<Word> reader(name, Start::oldest());
    KeyInItem<> map(reader.raw());
    EXPECT_EQ(merge.add(std::move(reader), map), names.size());
    names.emplace_back(name);
  }
  hello.append({2, {"two"}});
  hello.append({3, {"three"}});
  hello.append({5, {"five"}});
  world.append({0, {"zero"}});
  world.append({1, {"one"}});
  world.append({3, {"three"}});
  world.append({6, {"six"}});
  hello.close();
  world.close();

  std::vector<std::string> merged;
  for (const auto& item : merge) {
    const Word& word = item.as<Word>();
    EXPECT_EQ(item.key, word.time);
    EXPECT_FALSE(item.is_late);
    merged.push_back(names[item.stream] + ' ' + std::to_string(word.time) + ' ' + word.text.data());
  }
  EXPECT_EQ(merged, (std::vector<std::string>{"world 0 zero", "world 1 one", "hello 2 two", "hello 3 three",
                                              "world 3 three", "hello 5 five", "world 6 six"}));
}

TEST_F(MergeTest, HasEndedIfItHasNoStreams) {
  Merge<> merge;
  EXPECT_EQ(merge.next().status, Status::ended);
  EXPECT_EQ(merge.next_run().status, Status::ended);
  EXPECT_EQ(merge.begin(), merge.end());
}

TEST_F(MergeTest, GivesEqualKeysInTheOrderOfTheStreams) {
  open_all(3);
  Merge<> merge;
  add_all(merge);
  for (const std::size_t stream : {2U, 0U, 1U}) {
    for (std::int64_t value = 0; value < 3; ++value) out[stream].append({7, value});
    out[stream].close();
  }
  std::vector<std::pair<std::size_t, Index>> merged;
  while (const auto next = merge.try_next()) {
    EXPECT_EQ(next->as<TimedItem>().value, static_cast<std::int64_t>(next->index));
    merged.emplace_back(next->stream, next->index);
  }
  EXPECT_EQ(merged, (std::vector<std::pair<std::size_t, Index>>{
                        {0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}}));
  EXPECT_EQ(merge.try_next().status, Status::ended);
}

TEST_F(MergeTest, EndsAtTheNewestItemsAtTheTimeOfAddIfUpToNow) {
  open_all(3);
  out[0].append({10, 0});
  out[1].append({5, 1});
  Merge<> merge({.up_to_now = true});
  add_all(merge);  // the third is empty, and holds nothing back
  out[0].append({11, 2});
  out[2].append({1, 3});
  EXPECT_EQ(merge.next()->key, 5);
  EXPECT_EQ(merge.next()->key, 10);
  EXPECT_EQ(merge.next().status, Status::ended);
}

TEST_F(MergeTest, BeginsAtTheCursorsOfTheReaders) {
  open_all(2);
  for (std::int64_t i = 0; i < 10; ++i) out[static_cast<std::size_t>(i) % 2].append({i, i});
  Merge<> merge({.up_to_now = true});
  Reader<TimedItem> reader(name_of(0), Start::at(3));
  KeyInItem<> map(reader.raw());
  merge.add(std::move(reader), map);
  Reader<TimedItem> newest(name_of(1), Start::newest());
  KeyInItem<> map_of_newest(newest.raw());
  merge.add(std::move(newest.raw()), map_of_newest);  // untyped
  EXPECT_EQ(merge.next()->key, 6);
  EXPECT_EQ(merge.next()->key, 8);
  EXPECT_EQ(merge.next()->key, 9);
  EXPECT_EQ(merge.next().status, Status::ended);
}

TEST_F(MergeTest, KeepsAnItemUntilTheNextCallEvenIfTheRingIsOverwritten) {
  open_all(1, 16);
  out[0].append({1, 42});
  Merge<> merge;
  add_all(merge);
  const auto next = merge.next();
  for (std::int64_t i = 0; i < 10'000; ++i) out[0].append({2, i});
  EXPECT_EQ(next->as<TimedItem>().value, 42);
}

TEST_F(MergeTest, ThrowsIfAnItemIsReadAsATypeOfAnotherSize) {
  open_all(1);
  out[0].append({1, 42});
  Merge<> merge;
  add_all(merge);
  const auto next = merge.next();
  EXPECT_THROW(static_cast<void>(next->as<std::int64_t>()), TypeMismatch);
}

TEST_F(MergeTest, GivesConsecutiveItemsOfAStreamAsARun) {
  open_all(2);
  for (const std::int64_t key : {1, 2, 3, 7, 8}) out[0].append({key, key});
  for (const std::int64_t key : {3, 4, 7, 9}) out[1].append({key, key});
  Merge<> merge({.up_to_now = true});
  add_all(merge);
  std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> runs;
  while (const auto run = merge.next_run()) {
    ASSERT_EQ(run.as<TimedItem>().size(), run.keys.size());
    EXPECT_EQ(run.as<TimedItem>().front().time, run.keys.front());
    EXPECT_THROW(static_cast<void>(run.as<int>()), TypeMismatch);
    runs.emplace_back(run.stream, std::vector(run.keys.begin(), run.keys.end()));
  }
  EXPECT_EQ(runs, (std::vector<std::pair<std::size_t, std::vector<std::int64_t>>>{
                      {0, {1, 2, 3}}, {1, {3, 4}}, {0, {7}}, {1, {7}}, {0, {8}}, {1, {9}}}));
}

TEST_F(MergeTest, CanBeMovedDuringAMerge) {
  open_all(2);
  for (std::int64_t key = 0; key < 80; ++key) out[static_cast<std::size_t>(key) % 2].append({key, key});
  Merge<> begun({.up_to_now = true});
  add_all(begun);
  EXPECT_EQ(begun.next()->key, 0);
  Merge<> merge = std::move(begun);
  for (std::int64_t key = 1; key < 80; ++key) EXPECT_EQ(merge.next()->as<TimedItem>().value, key);
  EXPECT_EQ(merge.next().status, Status::ended);
}

TEST_F(MergeTest, ReportsItsStreams) {
  open_all(1);
  Merge<> merge;
  add_all(merge);
  EXPECT_EQ(merge.size(), 1U);
  EXPECT_EQ(merge.reader(0).info().name, name_of(0));
  EXPECT_EQ(merge.lost_items(0), 0U);
  EXPECT_THROW(static_cast<void>(merge.reader(1)), std::out_of_range);
}

TEST_F(MergeTest, TakesMapsOfAllKindsWithOneTypeOfKey) {
  StreamOptions options;
  options.history = 100;
  Writer<std::int64_t> plain("plain", options);
  options.ledger = LedgerOptions{};
  Writer<double> stamped("stamped", options);
  open_all(1);
  Merge<> merge;
  Reader<double> ledger_reader("stamped", Start::oldest());
  const Ledger ledger(ledger_reader.raw());
  merge.add(std::move(ledger_reader), ledger);                                                    // 0
  add(merge, 0);                                                                                  // 1
  merge.add(Reader<std::int64_t>("plain", Start::oldest()), Affine<std::int64_t>(0, 100, 10.0));  // 2
  merge.add(Reader<std::int64_t>("plain", Start::oldest()),
            KeyFunction([](Index i) { return static_cast<std::int64_t>(90 + 7 * i); }));  // 3
  merge.add(Reader<std::int64_t>("plain", Start::oldest()),
            Composed<std::int64_t, Identity>(
                Identity{}, [](std::int64_t key) { return static_cast<Index>(key - 101); },
                [](Index i) { return static_cast<std::int64_t>(i) + 101; }));  // 4
  Reader<TimedItem> of_its_own(name_of(0), Start::oldest());
  const StreamKeys keys(of_its_own.raw());
  merge.add(std::move(of_its_own), keys);  // 5
  for (int i = 0; i < 3; ++i) {
    plain.append(i);
    stamped.append(0.5 * i, Stamp::first(95 + 10 * i));
    out[0].append({110, i});
  }
  plain.close();
  stamped.close();
  out[0].close();

  std::vector<std::pair<std::int64_t, std::size_t>> merged;
  for (const auto& item : merge) merged.emplace_back(item.key, item.stream);
  EXPECT_EQ(merged, (std::vector<std::pair<std::int64_t, std::size_t>>{{90, 3},
                                                                       {95, 0},
                                                                       {97, 3},
                                                                       {100, 2},
                                                                       {101, 4},
                                                                       {102, 4},
                                                                       {103, 4},
                                                                       {104, 3},
                                                                       {105, 0},
                                                                       {110, 1},
                                                                       {110, 1},
                                                                       {110, 1},
                                                                       {110, 2},
                                                                       {110, 5},
                                                                       {110, 5},
                                                                       {110, 5},
                                                                       {115, 0},
                                                                       {120, 2}}));
}

TEST_F(MergeTest, TakesTheSmallestAndTheLargestKeys) {
  using Limits = std::numeric_limits<std::int64_t>;
  open_all(3);
  for (const std::size_t stream : {1U, 2U}) {
    out[stream].append({Limits::min(), 0});
    out[stream].append({Limits::max(), 0});
  }
  Merge<> merge({.up_to_now = true});
  add(merge, 1);
  add(merge, 2);
  std::vector<std::pair<std::int64_t, std::size_t>> merged;
  while (const auto next = merge.try_next()) merged.emplace_back(next->key, next->stream);
  EXPECT_EQ(merged, (std::vector<std::pair<std::int64_t, std::size_t>>{
                        {Limits::min(), 0}, {Limits::min(), 1}, {Limits::max(), 0}, {Limits::max(), 1}}));
}

TEST_F(MergeTest, TakesFloatingPointKeysAndIndices) {
  Writer<double> a("a", {.history = 100});
  Writer<double> b("b", {.history = 100});
  const std::array<double, 4> of_a{-HUGE_VAL, -1.5, 0.0, HUGE_VAL};
  const std::array<double, 4> of_b{-1.5, -0.0, 1e-300, 2};
  for (const double key : of_a) a.append(key);
  for (const double key : of_b) b.append(key);
  Merge<double> merge({.up_to_now = true});
  merge.add(Reader<double>("b", Start::oldest()), KeyFunction([&](Index i) { return of_b.at(i); }));
  merge.add(Reader<double>("a", Start::oldest()), KeyFunction([&](Index i) { return of_a.at(i); }));
  std::vector<double> keys;
  while (const auto next = merge.try_next()) {
    EXPECT_EQ(next->key, next->as<double>());
    keys.push_back(next->key);
  }
  EXPECT_EQ(keys, (std::vector<double>{-HUGE_VAL, -1.5, -1.5, -0.0, 0.0, 1e-300, 2, HUGE_VAL}));

  Merge<Index> by_index({.up_to_now = true});
  by_index.add(Reader<double>("a", Start::oldest()), Identity{});
  by_index.add(Reader<double>("b", Start::at(2)), Identity{});
  std::vector<std::size_t> streams;
  while (const auto next = by_index.try_next()) streams.push_back(next->stream);
  EXPECT_EQ(streams, (std::vector<std::size_t>{0, 0, 0, 1, 0, 1}));
}

}  // namespace
}  // namespace shm
