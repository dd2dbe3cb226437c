// SPDX-License-Identifier: Apache-2.0

// A next writer with other options: the old stream ends, the new one continues the indices and keeps the items.
#include <gtest/gtest.h>

#include "shm/format/described.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace {

struct Sample {
  std::int64_t time;
  std::int64_t value;
};
BOOST_DESCRIBE_STRUCT(Sample, (), (time, value))

}  // namespace

namespace shm {
namespace {

struct Change {
  const char* what;
  StreamOptions options;
  friend void PrintTo(const Change& change, std::ostream* out) { *out << change.what; }
};

constexpr std::uint64_t history = 100;

class ReplacedStream : public ::testing::TestWithParam<Change> {
 protected:
  static void append(Writer<Sample>& out, std::int64_t count) {
    for (; count > 0; --count) {
      const auto i = static_cast<std::int64_t>(out.inserted());
      out.append({i, -i});
    }
  }
  test::TestDirectory directory;
};

TEST_P(ReplacedStream, ContinuesTheIndicesKeepsTheItemsAndEndsTheOldStream) {
  {
    Writer<Sample> out("numbers", {.history = history});
    append(out, 1000);
    out.detach();
  }
  Reader<Sample> old("numbers", Start::at(990));
  Writer<Sample> next("numbers", GetParam().options);
  EXPECT_EQ(next.inserted(), 1000U);
  append(next, 5);

  for (std::int64_t i = 990; i < 1000; ++i) ASSERT_EQ(old.next()->time, i);
  EXPECT_EQ(old.next().status, Status::ended);

  Reader<Sample> reader("numbers", Start::at(990));
  for (std::int64_t i = 990; i < 1005; ++i) {
    const auto item = reader.next();
    ASSERT_EQ(item.status, Status::ok);
    ASSERT_EQ(item->time, i);
    ASSERT_EQ(item->value, -i);
  }
  EXPECT_EQ(next.info().writer.epoch, 2U);
  EXPECT_EQ(list_streams(), std::vector<std::string>{"numbers"});
}

INSTANTIATE_TEST_SUITE_P(
    All, ReplacedStream,
    ::testing::Values(Change{"ShorterHistory", {.history = 20}}, Change{"LongerHistory", {.history = 5000}},
                      Change{"Claim", {.history = history, .max_claim = 77}},
                      Change{"Rate", {.history = history, .sample_rate = 10}},
                      Change{"Unit", {.history = history, .unit = "V"}},
                      Change{"Metadata", {.history = history, .metadata = "{}"}},
                      Change{"Timestamp", {.history = history, .timestamp = Timestamp::field("time")}},
                      Change{"Clock", {.history = history, .clock = CLOCK_REALTIME}},
                      Change{"Persistence", {.history = history, .persistent = true}}));

class Migration : public ::testing::Test {
 protected:
  template <std::size_t Words>
  using Item = test::CheckedItem<Words>;

  /// Appends `count` more items to a stream with this history, and detaches.
  template <std::size_t Words>
  void write(std::uint64_t of_history, std::uint64_t count) {
    Writer<Item<Words>> out("items", {.history = of_history});
    for (; count > 0; --count) out.append(test::checked_item<Words>(out.inserted()));
    out.detach();
  }
  template <std::size_t Words>
  void expect_items(std::uint64_t at_least) {
    Reader<Item<Words>> reader("items", Start::oldest());
    ASSERT_GE(reader.readable().size(), at_least);
    const Index end = reader.inserted();
    for (Index i = reader.oldest(); i < end; ++i) {
      const auto next = reader.try_next();
      ASSERT_EQ(next.status, Status::ok);
      ASSERT_TRUE(test::is_item(*next, i)) << i;
    }
    if (end > 0) {
      reader.seek(Start::newest());
      ASSERT_TRUE(test::is_item(reader.try_next().item, end - 1));
    }
  }
  template <std::size_t Words>
  void back_and_forth() {
    Index inserted = 0;
    std::uint64_t held = 0;
    for (const std::uint64_t of_history : {100U, 7U, 1000U, 1U, 300U, 8U, 8U, 5000U, 64U}) {
      for (const std::uint64_t count : {0U, 1U, 37U, 900U}) {
        write<Words>(of_history, count);
        inserted += count;
        held = std::min(held + count, of_history);
        ASSERT_EQ(stream_info("items").items.inserted, inserted);
        expect_items<Words>(std::min<std::uint64_t>(held, of_history));
      }
    }
  }

  test::TestDirectory directory;
};

TEST_F(Migration, KeepsSmallItemsThroughManyChanges) { back_and_forth<1>(); }
TEST_F(Migration, KeepsTheLargestItemsInsideTheCounterLine) { back_and_forth<6>(); }
TEST_F(Migration, KeepsTheSmallestItemsOutsideTheCounterLine) { back_and_forth<7>(); }
TEST_F(Migration, KeepsLargeItemsThroughManyChanges) { back_and_forth<128>(); }

TEST_F(Migration, KeepsTheNewestItemsIfTheHistoryIsShorter) {
  write<2>(1000, 900);
  write<2>(10, 0);
  const StreamInfo info = stream_info("items");
  EXPECT_EQ(info.items.inserted, 900U);
  EXPECT_EQ(info.items.oldest, 890U);
  EXPECT_EQ(info.items.first_index, 890U);
}

TEST_F(Migration, ItemsBeforeTheMigratedOnesAreOverwritten) {
  write<2>(1000, 900);
  write<2>(10, 0);
  Reader<Item<2>> reader("items", Start::oldest());
  EXPECT_THROW(static_cast<void>(reader[889]), OverlapsPast);
  EXPECT_TRUE(test::is_item(reader[890], 890));
  reader.seek(5);
  EXPECT_EQ(reader.try_next().status, Status::lost);
  EXPECT_EQ(reader.last_lost().begin, 5U);
  EXPECT_GE(reader.cursor(), 890U);
}

TEST_F(Migration, StartsAtZeroForAStreamWithoutItems) {
  write<2>(1000, 0);
  write<2>(10, 0);
  EXPECT_EQ(stream_info("items").items.inserted, 0U);
  EXPECT_EQ(stream_info("items").items.first_index, 0U);
}

}  // namespace
}  // namespace shm
