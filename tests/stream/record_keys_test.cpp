// SPDX-License-Identifier: Apache-2.0

// Records with keys: a time in the entry, or a ledger beside it; buckets on either.
#include "shm/base/error.hpp"
#include "shm/query/key_range.hpp"
#include "shm/query/stream_keys.hpp"
#include "stream/record_stream.hpp"

namespace shm {
namespace {

using Texts = std::vector<std::string>;

enum class Keys { time, ledger };

/// The same queries on records with a time and on stamped records, with buckets and without.
class RecordKeysTest : public test::RecordStream,
                       public ::testing::WithParamInterface<std::tuple<Keys, std::int64_t>> {
 protected:
  [[nodiscard]] static Keys kind() { return std::get<0>(GetParam()); }
  [[nodiscard]] static StreamOptions options() {
    StreamOptions options = test::with_records({.history_bytes = 10'000, .max_record_bytes = 1000}, 1000);
    if (kind() == Keys::time) options.timestamp = Timestamp::field("time");
    if (kind() == Keys::ledger) options.ledger = LedgerOptions{};
    if (const std::int64_t quantum = std::get<1>(GetParam()); quantum > 0) {
      options.buckets = BucketOptions{.quantum = quantum};
    }
    return options;
  }
  static Texts range(RecordReader& in, std::int64_t begin, std::int64_t end, const RangeOptions& how = {}) {
    const StreamKeys keys(in.raw());
    return test::texts(in.records(find_range(in.raw(), keys, begin, end, how).items));
  }
  RecordWriter out{"records", options()};
};

TEST_P(RecordKeysTest, AKeyRangeFindsItsRecords) {
  for (const std::int64_t time : {10, 20, 20, 35, 90}) out.append(std::to_string(time), Stamp::first(time));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(range(in, 0, 20), (Texts{"10"}));
  EXPECT_EQ(range(in, 20, 36), (Texts{"20", "20", "35"}));
  EXPECT_EQ(range(in, 91, 1000), Texts{});
  auto times = keyed<StreamKeys>(in.entries().fork());
  EXPECT_EQ(times.key(3), 35);
  EXPECT_EQ(times.at_or_before(89), Index{3});
}

TEST_P(RecordKeysTest, ADecreasingKeyIsRefused) {
  out.append("a", Stamp::first(10));
  EXPECT_THROW(out.append("b", Stamp::first(9)), KeyDecreases);
  test::fill_record(out.claim(8), 0);
  EXPECT_THROW(out.publish(8, Stamp::first(9)), KeyDecreases);
  EXPECT_EQ(out.inserted(), 1U);
  EXPECT_TRUE(out.publish(8, Stamp::first(11))) << "the claim stayed";
  RecordReader in("records", Start::at(1));
  EXPECT_TRUE(test::is_filled(in.next()->bytes(), 0));
  EXPECT_EQ(range(in, 11, 12).size(), 1U);
}

TEST_P(RecordKeysTest, AMissingKeyIsRefused) {
  EXPECT_THROW(out.append("a"), InvalidArgument);
  static_cast<void>(out.claim(10));
  EXPECT_THROW(out.publish(10), InvalidArgument);
  EXPECT_EQ(out.inserted(), 0U);
}

TEST_P(RecordKeysTest, KeysOfOverwrittenRecordsAreNotFound) {
  for (std::int64_t time = 0; time < 2000; ++time) {
    out.append(test::checked_record(out.inserted(), 500), Stamp::first(10 * time));
  }
  RecordReader in("records", Start::oldest());
  EXPECT_THROW(range(in, 0, 100), OverlapsPast);
  EXPECT_EQ(range(in, 19'900, 20'000).size(), 10U);
  const auto left = range(in, 0, 20'000, {.take_what_is_left = true});
  EXPECT_GE(left.size(), 20U);
  EXPECT_EQ(left.size(), in.readable().size());
}

TEST_P(RecordKeysTest, TheNextWriterContinuesTheKeys) {
  out.append("a", Stamp::first(10));
  out.detach();
  RecordWriter next("records", options());
  EXPECT_THROW(next.append("b", Stamp::first(9)), KeyDecreases);
  next.append("c", Stamp::first(12));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(range(in, 10, 13), (Texts{"a", "c"}));
}

TEST_P(RecordKeysTest, AReplacementCarriesKeysOverWithTheirRecords) {
  for (const std::int64_t time : {10, 20, 30}) out.append(std::to_string(time), Stamp::first(time));
  out.detach();
  StreamOptions other = options();
  other.history = 2;
  RecordWriter next("records", other);
  next.append("40", Stamp::first(40));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(range(in, 21, 50), (Texts{"30", "40"}));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RecordKeysTest,
                         ::testing::Combine(::testing::Values(Keys::time, Keys::ledger),
                                            ::testing::Values(0, 25)),
                         [](const auto& of) {
                           return std::string(std::get<0>(of.param) == Keys::time ? "Time" : "Ledger") +
                                  (std::get<1>(of.param) > 0 ? "WithBuckets" : "");
                         });

class TimedRecordsTest : public test::RecordStream {};

TEST_F(TimedRecordsTest, EntriesCarryTheTime) {
  StreamOptions options;
  options.timestamp = Timestamp::field("time");
  RecordWriter out("records", options);
  out.append("a", Stamp::first(-5));
  out.append("b", Stamp::last(7));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in.next()->time(), -5);
  EXPECT_EQ(in().time, 7);
  EXPECT_THROW(out.append("c", Stamp::first(8).after_gap()), InvalidArgument);
}

TEST_F(TimedRecordsTest, AStampIsRefusedWithoutKeys) {
  RecordWriter out("records");
  EXPECT_THROW(out.append("a", Stamp::first(1)), InvalidArgument);
  EXPECT_EQ(out.inserted(), 0U);
}

TEST_F(TimedRecordsTest, ALedgerIsFullWhileItsRecordsAreReadable) {
  StreamOptions options = test::with_records({.history_bytes = 1 << 20}, 1000);
  options.ledger = LedgerOptions{.anchors = 10};
  RecordWriter out("records", options);
  std::int64_t time = 0;
  const auto append_all = [&](std::size_t bytes) {
    for (int i = 0; i < 3000; ++i) {
      out.append(test::checked_record(out.inserted(), bytes), Stamp::first(++time));
    }
  };
  EXPECT_THROW(append_all(1), LedgerFull);
  out.close();
  // Of large records, fewer are readable than the ledger has anchors.
  options.records->history_bytes = 10'000;
  options.records->max_record_bytes = 1000;
  RecordWriter again("records", options);
  out = std::move(again);
  time = 0;
  EXPECT_NO_THROW(append_all(1000));
}

}  // namespace
}  // namespace shm
