// SPDX-License-Identifier: Apache-2.0

// Ranges by keys that are not in the items: every kind of index map.
#include "shm/query/index_map.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "shm/query/key_range.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/writer.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

class IndexMapTest : public ::testing::Test {
 protected:
  IndexMapTest() {
    for (int i = 0; i < 20; ++i) out.append(i);
  }
  test::TestDirectory directory;
  Writer<int> out{"n", {.history = 100}};
};

TEST_F(IndexMapTest, IdentityTakesIndicesAsKeys) {
  Keyed in(Reader<int>("n", Start::oldest()), Identity{});
  EXPECT_EQ(in.range(3, 6), (std::vector{3, 4, 5}));
}

TEST_F(IndexMapTest, AffineFindsKeysOfAnExactRate) {
  Keyed in(Reader<int>("n", Start::oldest()), Affine<>(0, 1000, 10));
  EXPECT_EQ(in.range(1030, 1060), (std::vector{3, 4, 5}));
  EXPECT_EQ(in.range(1031, 1061), (std::vector{4, 5, 6}));
  EXPECT_EQ(in.range(0, 1011), (std::vector{0, 1}));
  Keyed real(Reader<int>("n", Start::oldest()), Affine<double>(5, 0.5, 0.25));
  EXPECT_EQ(real.range(0.5, 1.0), (std::vector{5, 6}));
  EXPECT_EQ(real.range(-0.75, -0.25), (std::vector{0, 1}));
}

TEST_F(IndexMapTest, FunctionsThatNeverDecreaseMapKeysAndIndices) {
  Keyed squares(Reader<int>("n", Start::oldest()),
                KeyFunction([](Index i) { return static_cast<double>(i * i); }));
  EXPECT_EQ(squares.range(8.5, 30.0), (std::vector{3, 4, 5}));
  Keyed halves(Reader<int>("n", Start::oldest()),
               IndexFunction<int>([](int key) { return static_cast<Index>(key * 2); },
                                  [](Index i) { return static_cast<int>(i / 2); }));
  EXPECT_EQ(halves.range(2, 4), (std::vector{4, 5, 6, 7}));
}

TEST_F(IndexMapTest, LedgerFindsTheItemsOfEachAppendAsTheStreamGoesOn) {
  StreamOptions options{.history = 100, .sample_rate = 1e8};
  options.ledger = LedgerOptions{};
  Writer<int> sampled("sampled", options);
  auto in = keyed<Ledger>(Reader<int>("sampled", Start::oldest()));
  // The ledger grows with the stream: each append writes the anchor of its items.
  int next = 0;
  for (int block = 0; block < 400; ++block) {
    for (int i = 0; i < 3; ++i, ++next) {
      if (i == 0) sampled.append(next, Stamp::first(block * 100));  // 0, 10, 20, then a gap
      if (i != 0) sampled.append(next);
    }
    const std::int64_t now = block * 100;
    ASSERT_EQ(in.range(now, now + 100), (std::vector{next - 3, next - 2, next - 1}));
    ASSERT_EQ(in.range(now + 5, now + 20), (std::vector{next - 2}));
    ASSERT_TRUE(in.range(now + 30, now + 100).empty());
    ASSERT_EQ(in.key(static_cast<Index>(next) - 1), now + 20);
  }
}

TEST_F(IndexMapTest, ComposedTakesTheKeysOfAnotherMap) {
  const Affine<> ns(0, 1'000'000'000, 500'000'000);
  const auto seconds = Composed<double, Affine<>>(
      ns, [](double s) { return static_cast<std::int64_t>(std::ceil(s * 1e9)); },
      [](std::int64_t t) { return static_cast<double>(t) / 1e9; });
  Keyed in(Reader<int>("n", Start::oldest()), seconds);
  EXPECT_EQ(in.range(1.5, 3.0), (std::vector{1, 2, 3}));
  EXPECT_EQ(in.key(4), 3.0);
}

}  // namespace
}  // namespace shm
