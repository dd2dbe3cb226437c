// SPDX-License-Identifier: Apache-2.0

// Appending records: sizes, claims, limits.
#include <cstring>

#include "stream/record_stream.hpp"

namespace shm {
namespace {

using test::with_records;

class RecordWriterTest : public test::RecordStream {};

TEST_F(RecordWriterTest, ARecordIsReadAsItWasAppended) {
  RecordWriter out("records");
  out.append("one\n");
  out.append(test::checked_record(1, 1000));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in().text(), "one\n");
  EXPECT_TRUE(test::is_filled(in().bytes, 1));
  EXPECT_EQ(out.inserted(), 2U);
}

TEST_F(RecordWriterTest, RecordsOfEverySizeAreExact) {
  RecordWriter out("records", with_records({.history_bytes = 1 << 16, .max_record_bytes = 300}));
  RecordReader in("records", Start::next());
  for (std::size_t size = 0; size <= 300; ++size) {
    out.append(test::checked_record(out.inserted(), size));
    const Next<RecordView> next = in.try_next();
    ASSERT_EQ(next.status, Status::ok);
    ASSERT_EQ(next->size(), size);
    ASSERT_TRUE(test::is_filled(next->bytes(), next->index()));
  }
}

TEST_F(RecordWriterTest, AnEmptyRecordIsARecord) {
  RecordWriter out("records");
  out.append("");
  EXPECT_EQ(out.claim(0).size(), 0U);
  EXPECT_TRUE(out.publish(0));
  out.append("a");
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(test::texts(in[Slice{}]), (std::vector<std::string>{"", "", "a"}));
}

TEST_F(RecordWriterTest, BinaryZerosAreBytesLikeAnyOther) {
  RecordWriter out("records");
  out.append(std::string_view("a\0b\0", 4));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in().text(), std::string_view("a\0b\0", 4));
}

TEST_F(RecordWriterTest, TheLargestRecordFitsAndALargerOneIsRefused) {
  RecordWriter out("records", with_records({.history_bytes = 5000, .max_record_bytes = 1001}));
  EXPECT_EQ(out.max_record_bytes(), 1001U);
  out.append(test::checked_record(0, 1001));
  try {
    out.append(test::checked_record(1, 1002));
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("1002 bytes"), std::string::npos) << what;
    EXPECT_NE(what.find("at most 1001 (RecordOptions::max_record_bytes)"), std::string::npos) << what;
  }
  EXPECT_THROW(static_cast<void>(out.claim(1002)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(out.claim(UINT64_MAX)), InvalidArgument);
  EXPECT_EQ(out.inserted(), 1U);
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in.max_record_bytes(), 1001U);
  EXPECT_TRUE(test::is_filled(in().bytes, 0));
}

TEST_F(RecordWriterTest, ThePublishedPartOfAClaimIsTheRecord) {
  RecordWriter out("records");
  const std::span<std::byte> room = out.claim(1000);
  ASSERT_EQ(room.size(), 1000U);
  test::fill_record(room, 0);
  out.publish(10);
  test::fill_record(out.claim(3), 1);
  out.publish(3);
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in().bytes, test::checked_record(0, 10));
  EXPECT_EQ(in().bytes, test::checked_record(1, 3));
}

TEST_F(RecordWriterTest, ASecondClaimReturnsTheSamePlaceAndAnAppendDiscardsTheClaim) {
  RecordWriter out("records");
  const std::byte* const first = out.claim(100).data();
  EXPECT_EQ(out.claim(50).data(), first);
  EXPECT_THROW(out.publish(51), InvalidArgument);
  EXPECT_TRUE(out.publish(0)) << "the claim stayed";
  EXPECT_THROW(out.publish(0), InvalidArgument) << "and is used up";
  static_cast<void>(out.claim(100));
  out.append("x");
  EXPECT_THROW(out.publish(1), InvalidArgument);
  EXPECT_EQ(out.inserted(), 2U);
}

TEST_F(RecordWriterTest, ARecordLiesInOnePieceOverTheEndOfTheRing) {
  RecordWriter out("records", with_records({.history_bytes = 8192, .max_record_bytes = 3000}));
  RecordReader in("records", Start::next());
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t index = out.inserted();
    const std::size_t size = test::checked_size(index, 3000);
    test::fill_record(out.claim(3000).first(size), index);
    out.publish(size);
    const Next<RecordView> next = in.next();
    ASSERT_EQ(next.status, Status::ok);
    ASSERT_TRUE(test::is_record(next->bytes(), index, 3000)) << index;
    ASSERT_TRUE(next->intact());
  }
}

TEST_F(RecordWriterTest, RecordsAreAlignedAsTheOptionsDemand) {
  for (const std::uint64_t alignment : {1U, 4U, 8U, 64U, 4096U}) {
    RecordWriter out("records", with_records({.max_record_bytes = 100, .alignment = alignment}));
    RecordReader in("records", Start::next());
    const std::uint64_t least = std::max<std::uint64_t>(alignment, 8);
    for (int i = 0; i < 50; ++i) {
      const auto at = reinterpret_cast<std::uintptr_t>(out.claim(100).data());
      ASSERT_EQ(at % least, 0U) << alignment;
      test::fill_record(out.claim(100), out.inserted());
      out.publish(static_cast<std::uint64_t>(i));
      const Next<RecordView> next = in.try_next();
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(next->bytes().data()) % least, 0U);
      ASSERT_TRUE(test::is_filled(next->bytes(), next->index()));
    }
    out.close();
  }
}

TEST_F(RecordWriterTest, TheHistoryIsLimitedByCount) {
  RecordWriter out("records", with_records({}, 100));
  test::append_filled(out, 10000, 3);
  RecordReader in("records", Start::oldest());
  const IndexRange there = test::check_all(in);
  EXPECT_GE(there.size(), 100U);
  EXPECT_LE(there.size(), 512U) << "entries that fill whole pages";
}

TEST_F(RecordWriterTest, TheHistoryIsLimitedByBytes) {
  RecordWriter out("records", with_records({.history_bytes = 100'000, .max_record_bytes = 1000}, 10000));
  test::append_filled(out, 5000, 1000);
  RecordReader in("records", Start::oldest());
  const IndexRange there = test::check_all(in);
  EXPECT_GE(there.size(), 100U);
  EXPECT_LT(there.size(), 270U) << "the records that the ring has room for";
}

TEST_F(RecordWriterTest, AsManyBytesAreReadableAsTheOptionsPromise) {
  RecordWriter out("records", with_records({.history_bytes = 20'000, .max_record_bytes = 20'000}, 10000));
  RecordReader in("records", Start::oldest());
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t index = out.inserted();
    const std::size_t size = test::checked_size(index, 20'000);
    out.append(test::checked_record(index, size));
    static_cast<void>(out.claim(20'000));  // the largest claim that a writer may have open
    std::uint64_t bytes = 0;
    for (Index k = out.inserted(); k > 0; --k) {
      bytes += ring::round_up(test::checked_size(k - 1, 20'000), 8);
      if (bytes > 20'000) break;
      ASSERT_LE(in.oldest(), k - 1);
      ASSERT_TRUE(test::is_record(in.record(static_cast<std::int64_t>(k - 1)).bytes, k - 1, 20'000));
    }
  }
}

TEST_F(RecordWriterTest, ImpossibleOptionsAreRefused) {
  const auto refused = [](const RecordOptions& records, const std::string& why) {
    try {
      RecordWriter("records", with_records(records));
      ADD_FAILURE() << why << ": nothing was thrown";
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  };
  refused({.history_bytes = 1000, .max_record_bytes = 1001}, "could not be kept until it is read");
  refused({.alignment = 24}, "a power of two");
  refused({.alignment = 8192}, "at most 4096");
  refused({.alignment = 0}, "a power of two");
  refused({.media_type = std::string(48, 'x')}, "longer than 47 bytes");
  refused({.history_bytes = std::uint64_t{1} << 60}, "more than libshm can map");
  refused({.max_record_bytes = UINT64_MAX}, "more than libshm can map");
  StreamOptions options;
  options.timestamp = Timestamp::field("begin");
  EXPECT_THROW(RecordWriter("records", options), InvalidArgument);
  options.timestamp = {};
  options.records = RecordOptions{};
  EXPECT_THROW(RawWriter("records", "<d", options), InvalidArgument);
}

TEST_F(RecordWriterTest, StreamInfoDescribesTheRecords) {
  RecordWriter out(
      "records",
      with_records({.history_bytes = 5000, .max_record_bytes = 900, .media_type = "application/json"}));
  out.append("{}");
  const StreamInfo info = out.info();
  EXPECT_TRUE(info.records);
  EXPECT_EQ(info.records->history_bytes, 5000U);
  EXPECT_EQ(info.records->max_record_bytes, 900U);
  EXPECT_EQ(info.records->bytes_inserted, 8U);
  EXPECT_EQ(info.records->media_type, "application/json");
  EXPECT_EQ(info.items.inserted, 1U);
  EXPECT_EQ(info.items.max_claim, 1U);
}

/// The largest record and a history of the same size fill a power of two: the ring is not larger.
TEST_F(RecordWriterTest, ARingOfLargeRecordsIsNoLargerThanTheOptionsDemand) {
  constexpr std::size_t large = std::size_t{1} << 20;
  RecordWriter out("records", with_records({.history_bytes = large, .max_record_bytes = large}));
  EXPECT_LT(out.info().file.bytes, 2 * large + (large >> 4));
  RecordReader in("records", Start::oldest());
  for (const std::size_t size : {large, std::size_t{100}, large / 2, std::size_t{0}, large, large}) {
    const Index index = out.inserted();
    out.append(test::checked_record(index, size));
    static_cast<void>(out.claim(large));
    EXPECT_TRUE(test::is_filled(in.record(static_cast<std::int64_t>(index)).bytes, index)) << index;
  }
  // Small records in such a ring: `reserved` is raised for each.
  for (int i = 0; i < 1000; ++i) test::append_filled(out, 1, 20'000);
  EXPECT_GE(test::check_all(in).size(), large / 20'000);
}

TEST_F(RecordWriterTest, DefaultsAreFourMebibytesAndAQuarterOfThatPerRecord) {
  EXPECT_EQ(RecordWriter("a").info().records->history_bytes, 4U << 20);
  EXPECT_EQ(RecordWriter("b").max_record_bytes(), 1U << 20);
  RecordWriter larger("c", with_records({.max_record_bytes = 2 << 20}));
  EXPECT_EQ(larger.info().records->history_bytes, 8U << 20);
}

}  // namespace
}  // namespace shm
