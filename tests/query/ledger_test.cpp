// SPDX-License-Identifier: Apache-2.0

// Stamped appends, and the ledger that readers get from them.
#include "shm/query/ledger.hpp"

#include <gtest/gtest.h>

#include "shm/query/key_range.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  static StreamOptions events() {
    StreamOptions options;
    options.history = 100;
    options.ledger = LedgerOptions{};
    return options;
  }
  static StreamOptions samples(double rate) {
    StreamOptions options = events();
    options.sample_rate = rate;
    return options;
  }
  static std::vector<int> numbers(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) numbers[static_cast<std::size_t>(i)] = i;
    return numbers;
  }

  test::TestDirectory directory;
};

TEST_F(LedgerTest, GivesAllItemsOfAnAppendItsStampIfThereIsNoRate) {
  Writer<int> out("s", events());
  out.append(numbers(3), Stamp::first(1000));
  out.append(7, Stamp::first(2000));
  const Reader<int> in("s", Start::oldest());
  const Ledger ledger(Reader<int>("s", Start::oldest()).raw());
  EXPECT_EQ(ledger.key(0), 1000);
  EXPECT_EQ(ledger.key(2), 1000);
  EXPECT_EQ(ledger.key(3), 2000);
  EXPECT_EQ(ledger.key(4), std::nullopt);
  EXPECT_EQ(ledger.rate(0), 0);
  EXPECT_EQ(ledger.uncertainty(0), 0);
}

TEST_F(LedgerTest, GivesSamplesKeysOnALineThroughTheStamp) {
  Writer<int> out("s", samples(1000));
  out.append(numbers(10), Stamp::first(5'000'000));
  out.append(numbers(10), Stamp::last(24'000'000));
  Reader<int> in("s", Start::oldest());
  const Ledger ledger(in.raw());
  for (Index i = 0; i < 20; ++i)
    EXPECT_EQ(ledger.key(i), 5'000'000 + static_cast<std::int64_t>(i) * 1'000'000);
  EXPECT_EQ(in.info().ledger->written, 1U);  // the second stamp is on the line
  EXPECT_EQ(ledger.rate(3), 1000);
  EXPECT_EQ(ledger.lower(5'000'000, in.readable()), 0U);
  EXPECT_EQ(ledger.lower(5'000'001, in.readable()), 1U);
  EXPECT_EQ(ledger.lower(24'000'000, in.readable()), 19U);
  EXPECT_EQ(ledger.lower(24'000'001, in.readable()), 20U);
}

TEST_F(LedgerTest, RequiresAStampOfEachWritersFirstAppend) {
  Writer<int> out("s", samples(1000));
  EXPECT_THROW(out.append(1), InvalidArgument);
  EXPECT_EQ(out.inserted(), 0U);
  out.append(1, Stamp::first(0));
  out.append(2);  // follows the line
  EXPECT_EQ(Ledger(Reader<int>("s", Start::oldest()).raw()).key(1), 1'000'000);
  out.detach();
  Writer<int> next("s", samples(1000));
  EXPECT_THROW(next.append(3), InvalidArgument);
  next.append(3, Stamp::first(9'000'000));
  EXPECT_EQ(next.inserted(), 3U);
}

TEST_F(LedgerTest, RejectsAStampThatDecreasesAndWritesNothing) {
  Writer<int> out("s", events());
  out.append(1, Stamp::first(1000));
  EXPECT_THROW(out.append(2, Stamp::first(999)), KeyDecreases);
  EXPECT_EQ(out.inserted(), 1U);
  EXPECT_EQ(out.info().ledger->written, 1U);
  out.append(2, Stamp::first(1000));
  out.append(3, Stamp::first(1001));
  EXPECT_EQ(out.inserted(), 3U);
}

TEST_F(LedgerTest, RejectsAStampOfTheNextWriterThatDecreases) {
  Writer<int>("s", events()).detach();
  {
    Writer<int> out("s", events());
    out.append(1, Stamp::first(1000));
    out.detach();
  }
  Writer<int> out("s", events());
  EXPECT_THROW(out.append(2, Stamp::first(999)), KeyDecreases);
  out.append(2, Stamp::first(1000));
}

TEST_F(LedgerTest, RejectsAStampOnAStreamWithoutALedger) {
  Writer<int> out("s", {.history = 10, .max_claim = 2});
  EXPECT_THROW(out.append(1, Stamp::first(1)), InvalidArgument);
  const std::span<int> slots = out.claim(2);
  slots[0] = slots[1] = 5;
  EXPECT_THROW(out.publish(2, Stamp::first(1)), InvalidArgument);
  EXPECT_EQ(out.inserted(), 0U);
  out.publish(2);
  EXPECT_EQ(out.inserted(), 2U);
}

TEST_F(LedgerTest, StampsClaimedItemsWhenTheyArePublished) {
  Writer<int> out("s", events());
  const std::span<int> slots = out.claim(3);
  for (int i = 0; i < 3; ++i) slots[static_cast<std::size_t>(i)] = i;
  EXPECT_THROW(out.publish(3), InvalidArgument);  // the claim stays
  out.publish(2, Stamp::first(50));
  Reader<int> in("s", Start::oldest());
  EXPECT_EQ(in[Slice{}], (std::vector{0, 1}));
  EXPECT_EQ(Ledger(in.raw()).key(1), 50);
}

TEST_F(LedgerTest, ReportsGapsWithTheirReason) {
  Writer<int> out("s", samples(1000));
  out.append(numbers(10), Stamp::first(0));
  out.append(numbers(10), Stamp::first(50'000'000).after_gap(7));
  Reader<int> in("s", Start::oldest());
  const Ledger ledger(in.raw());
  const KeyGap gap{10'000'000, 50'000'000, 10, 7};
  EXPECT_EQ(ledger.gaps(0, 100'000'000, in.readable()), std::vector{gap});
  EXPECT_EQ(ledger.gaps(20'000'000, 30'000'000, in.readable()), std::vector{gap});
  EXPECT_TRUE(ledger.gaps(0, 10'000'000, in.readable()).empty());
  EXPECT_TRUE(ledger.gaps(50'000'000, 60'000'000, in.readable()).empty());
  Keyed by_time(std::move(in), ledger);
  EXPECT_TRUE(by_time.range(20'000'000, 30'000'000).empty());  // in the gap
  EXPECT_EQ(by_time.range(8'000'000, 51'000'000), (std::vector{8, 9, 0}));
}

TEST_F(LedgerTest, KeepsAnchorsAsLongAsTheirItems) {
  StreamOptions options = events();
  options.ledger->anchors = 4;
  Writer<int> out("s", options);
  const std::uint64_t capacity = out.info().items.capacity;
  const auto anchors = static_cast<int>(out.info().ledger->anchors);
  ASSERT_GE(anchors, 4);
  for (int i = 0; i < anchors; ++i) out.append(i, Stamp::first(i));
  EXPECT_THROW(out.append(4, Stamp::first(anchors)), LedgerFull);
  EXPECT_EQ(out.inserted(), static_cast<Index>(anchors));
  out.append(4, Stamp::first(anchors - 1));  // on the line as it is
  // Once item 0 can no longer be read, its anchor may be overwritten.
  while (out.inserted() < capacity - 1) out.append(5);
  EXPECT_THROW(out.append(5, Stamp::first(1000)), LedgerFull);
  out.append(5);
  EXPECT_NO_THROW(out.append(5, Stamp::first(1000)));
  Reader<int> in("s", Start::oldest());
  const Ledger ledger(in.raw());
  const IndexRange there = in.readable();
  for (Index i = there.begin; i < there.end; ++i) EXPECT_TRUE(ledger.key(i)) << i;
}

TEST_F(LedgerTest, KeepsTheKeyOfEachReadableItemAsTheRingTurns) {
  StreamOptions options = events();
  Writer<int> out("s", options);
  Reader<int> in("s", Start::oldest());
  const Ledger ledger(in.raw());
  for (int i = 0; i < 2000; ++i) {
    out.append(i, Stamp::first(10 * i));
    const IndexRange there = in.readable();
    ASSERT_EQ(ledger.key(there.begin), 10 * static_cast<std::int64_t>(there.begin));
    ASSERT_EQ(ledger.lower(10 * i - 5, there), static_cast<Index>(i));
    ASSERT_EQ(ledger.lower(10 * static_cast<std::int64_t>(there.begin), there), there.begin);
  }
}

TEST_F(LedgerTest, FindsTheSameItemsWithBuckets) {
  StreamOptions options = events();
  options.buckets = BucketOptions{.quantum = 7};
  Writer<int> out("s", options);
  Reader<int> in("s", Start::oldest());
  const Ledger ledger(in.raw());
  ASSERT_TRUE(ledger.has_buckets());
  std::int64_t key = -300;
  std::vector<std::int64_t> keys;
  for (int i = 0; i < 500; ++i) {
    key += i % 50 == 0 ? 10'000'000 : i % 3 * 5;
    keys.push_back(key);
    out.append(i, Stamp::first(key));
    const IndexRange there = in.readable();
    for (const std::int64_t wanted : {key, key - 1, key + 1, key - 20, key - 300}) {
      const auto expected =
          std::lower_bound(keys.begin() + static_cast<std::ptrdiff_t>(there.begin), keys.end(), wanted);
      ASSERT_EQ(ledger.lower(wanted, there), static_cast<Index>(expected - keys.begin()))
          << i << " " << wanted;
    }
  }
}

TEST_F(LedgerTest, TakesOverItemsWithKeysIfItsOptionsChange) {
  {
    Writer<int> out("s", events());
    for (int i = 0; i < 100; ++i) out.append(i, Stamp::first(i * 10));
    out.detach();
  }
  StreamOptions options = events();
  options.ledger->anchors = 4;
  const Writer<int> out("s", options);
  const Index first = 100 - out.info().ledger->anchors;
  Reader<int> in("s", Start::oldest());
  EXPECT_EQ(in.readable(), (IndexRange{first, 100}));
  const Ledger ledger(in.raw());
  for (Index i = first; i < 100; ++i) EXPECT_EQ(ledger.key(i), static_cast<std::int64_t>(10 * i));
}

TEST_F(LedgerTest, RejectsInvalidOptions) {
  StreamOptions both = events();
  both.timestamp = Timestamp::time_and_value();
  EXPECT_THROW(Writer<TimeAndValue<int>>("s", both), InvalidArgument);
  StreamOptions unsampled = events();
  unsampled.ledger->fit = true;
  EXPECT_THROW(Writer<int>("s", unsampled), InvalidArgument);
  StreamOptions keyless;
  keyless.buckets = BucketOptions{.quantum = 5};
  EXPECT_THROW(Writer<int>("s", keyless), InvalidArgument);
  StreamOptions none = events();
  none.buckets = BucketOptions{};
  EXPECT_THROW(Writer<int>("s", none), InvalidArgument);
  EXPECT_THROW(Ledger(Reader<int>((Writer<int>("t"), "t"), Start::oldest()).raw()), Error);
}

}  // namespace
}  // namespace shm
