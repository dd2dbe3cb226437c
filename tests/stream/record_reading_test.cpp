// SPDX-License-Identifier: Apache-2.0

// Reading records: the cursor, copies and views, slices, overwritten records, damaged records.
#include <chrono>
#include <thread>

#include "shm/base/error.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/stream/writer.hpp"
#include "shm/wait/wait_any.hpp"
#include "stream/record_stream.hpp"
#include "support/raw_file.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::with_records;
using Texts = std::vector<std::string>;

class RecordReaderTest : public test::RecordStream {
 protected:
  void append(std::initializer_list<std::string_view> records) {
    for (const std::string_view record : records) out.append(record);
  }
  /// Appends enough records to overwrite the first ones.
  void lap() { test::append_filled(out, 400, 1000); }

  RecordWriter out{"records", with_records({.history_bytes = 100'000, .max_record_bytes = 10'000})};
};

TEST_F(RecordReaderTest, TheCursorReturnsRecordsInPlace) {
  append({"one", "two"});
  RecordReader in("records", Start::oldest());
  const Next<RecordView> one = in.next();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->text(), "one");
  EXPECT_EQ(one->index(), 0U);
  EXPECT_EQ(one->size(), 3U);
  EXPECT_EQ(in.cursor(), 1U);
  EXPECT_EQ(in.peek()->text(), "two");
  EXPECT_EQ(in.peek()->text(), "two");
  EXPECT_EQ(in.try_next()->text(), "two");
  EXPECT_EQ(in.try_next().status, Status::not_yet);
  EXPECT_EQ(in.peek().status, Status::not_yet);
  EXPECT_EQ(in.next(0ms).status, Status::timed_out);
  EXPECT_EQ(in.next(1ms).status, Status::timed_out);
  out.close();
  EXPECT_EQ(in.try_next().status, Status::ended);
  EXPECT_EQ(in.next().status, Status::ended);
  EXPECT_TRUE(one->intact()) << "the memory is the reader's, too";
}

TEST_F(RecordReaderTest, ReadCopiesIntoTheMemoryOfTheRecordGiven) {
  append({"a longer one", "two", ""});
  RecordReader in("records", Start::oldest());
  Record record;
  ASSERT_EQ(in.read(record), Status::ok);
  EXPECT_EQ(record.text(), "a longer one");
  const std::byte* const memory = record.bytes.data();
  ASSERT_EQ(in.try_read(record), Status::ok);
  EXPECT_EQ(record.text(), "two");
  EXPECT_EQ(record.index, 1U);
  EXPECT_EQ(record.bytes.data(), memory);
  ASSERT_EQ(in.try_read(record), Status::ok);
  EXPECT_EQ(record.text(), "");
  EXPECT_EQ(in.try_read(record), Status::not_yet);
  EXPECT_EQ(in.read(record, 1ms), Status::timed_out);
}

TEST_F(RecordReaderTest, IterationEndsWithTheStream) {
  append({"one", "two", "three"});
  RecordReader in("records", Start::oldest());
  out.close();
  Texts read;
  for (const Record& record : in) read.emplace_back(record.text());
  EXPECT_EQ(read, (Texts{"one", "two", "three"}));
}

TEST_F(RecordReaderTest, WaitsForTheNextRecord) {
  RecordReader in("records", Start::next(), {.waiting = WaitStrategy::sleep()});
  std::thread writer([this] { append({"at last"}); });
  EXPECT_EQ(in.next()->text(), "at last");
  writer.join();
}

TEST_F(RecordReaderTest, IsWaitedForByWaitAny) {
  RecordReader in("records", Start::next());
  append({"one"});
  EXPECT_TRUE(in.next());
  const std::array streams{Awaited::next_of(in.raw())};
  EXPECT_EQ(wait_any(streams, 1ms).status, Status::timed_out) << "the record was returned already";
  append({"two"});
  EXPECT_EQ(wait_any(streams, 1ms).status, Status::ok);
}

TEST_F(RecordReaderTest, RecordsAreSlicedByIndex) {
  append({"0", "1", "2", "3", "4", "5"});
  RecordReader in("records", Start::next());
  EXPECT_EQ(in[2].text(), "2");
  EXPECT_EQ(in[-1].text(), "5");
  EXPECT_EQ(in[-1].index, 5U);
  EXPECT_EQ(test::texts(in[{1, 3}]), (Texts{"1", "2"}));
  EXPECT_EQ(test::texts(in[{-2, {}}]), (Texts{"4", "5"}));
  EXPECT_EQ(test::texts(in[{{}, {}, 2}]), (Texts{"0", "2", "4"}));
  EXPECT_EQ(test::texts(in.records({4, 6})), (Texts{"4", "5"}));
  EXPECT_TRUE(in.records({4, 4}).empty());
  EXPECT_THROW(static_cast<void>(in[6]), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(in[-7]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in[INT64_MIN]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in[{3, 7}]), OverlapsFuture);
  EXPECT_THROW(static_cast<void>(in[{3, 2}]), InvalidArgument);
  EXPECT_THROW(static_cast<void>(in.record(6, 1ms)), TimedOut);
}

TEST_F(RecordReaderTest, SlicesAreViewedInPlace) {
  append({"0", "1", "2", "3"});
  RecordReader in("records", Start::next());
  EXPECT_EQ(in.view(-1).text(), "3");
  const RecordViews views = in.view({{}, {}, 2});
  EXPECT_EQ(views.size(), 2U);
  Texts read;
  for (const RecordView& record : views) read.emplace_back(record.text());
  EXPECT_EQ(read, (Texts{"0", "2"}));
  EXPECT_EQ(views[1].index(), 2U);
  EXPECT_TRUE(views.intact());
  lap();
  EXPECT_FALSE(views.intact());
  EXPECT_THROW(static_cast<void>(views[0]), OverlapsPast);
  EXPECT_TRUE(in.view({4, 4}).empty());
}

TEST_F(RecordReaderTest, AViewReportsThatItWasOverwritten) {
  append({"held"});
  RecordReader in("records", Start::oldest());
  const Next<RecordView> held = in.next();
  test::append_filled(out, 50, 1000);
  EXPECT_TRUE(held->intact());
  EXPECT_EQ(held->copy().text(), "held");
  lap();
  EXPECT_FALSE(held->intact());
  std::array<std::byte, 4> room{};
  EXPECT_FALSE(held->copy_to(room.data()));
  EXPECT_THROW(held->check(), OverlapsPast);
  EXPECT_THROW(static_cast<void>(held->copy()), OverlapsPast);
}

TEST_F(RecordReaderTest, ALappedReaderReportsItsLoss) {
  append({"one", "two"});
  RecordReader in("records", Start::oldest());
  EXPECT_TRUE(in.next());
  lap();
  EXPECT_EQ(in.next().status, Status::lost);
  EXPECT_EQ(in.last_lost().begin, 1U);
  EXPECT_EQ(in.last_lost().end, in.cursor());
  EXPECT_GE(in.cursor(), in.oldest());
  EXPECT_LT(in.cursor() - in.oldest(), 40U) << "a margin, and no more";
  EXPECT_EQ(in.lost_items(), in.cursor() - 1);
  const Next<RecordView> next = in.next();
  EXPECT_TRUE(test::is_filled(next->bytes(), in.cursor() - 1));
}

TEST_F(RecordReaderTest, ARecordReturnedByReadIsNotLost) {
  append({"one"});
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in.next()->text(), "one");
  lap();
  in.seek(in.inserted());
  append({"two"});
  EXPECT_EQ(in.next()->text(), "two");
  EXPECT_EQ(in.lost_items(), 0U);
}

TEST_F(RecordReaderTest, LossCanBeAnError) {
  append({"one", "two"});
  RecordReader in("records", Start::oldest(), {.loss_is_error = true});
  lap();
  EXPECT_THROW(static_cast<void>(in.next()), OverlapsPast);
}

TEST_F(RecordReaderTest, OverwrittenRecordsThrowOverlapsPast) {
  lap();
  RecordReader in("records", Start::next());
  EXPECT_THROW(static_cast<void>(in[0]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in.view(0)), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in[{0, 10}]), OverlapsPast);
  EXPECT_THROW(static_cast<void>(in.records({0, 10})), OverlapsPast);
  EXPECT_EQ(in[Slice{}].size(), in.readable().size());
}

TEST_F(RecordReaderTest, AForkHasThePositionOfItsReader) {
  append({"one", "two"});
  RecordReader in("records", Start::oldest());
  EXPECT_TRUE(in.next());
  RecordReader other = in.fork();
  EXPECT_EQ(other.next()->text(), "two");
  EXPECT_EQ(in.next()->text(), "two");
}

TEST_F(RecordReaderTest, EntriesAreItemsLikeAnyOther) {
  append({"one", "three"});
  Reader<RecordEntry> entries("records", Start::oldest());
  EXPECT_EQ(entries(), (RecordEntry{0, 3, 0}));
  EXPECT_EQ(entries(), (RecordEntry{8, 5, 0}));
  RecordReader in("records", Start::oldest());
  EXPECT_EQ(in.entries()[-1].bytes, 5U);
}

TEST_F(RecordReaderTest, RefusesStreamsWithoutRecords) {
  Writer<double> numbers("numbers", {.history = 10});
  EXPECT_THROW(RecordReader("numbers", Start::oldest()), TypeMismatch);
  Writer<RecordEntry> entries("entries", {.history = 10});
  EXPECT_THROW(RecordReader("entries", Start::oldest()), TypeMismatch);
  EXPECT_THROW(Reader<double>("records", Start::oldest()), TypeMismatch);
}

// --- damage ---

class DamagedRecordsTest : public RecordReaderTest {
 protected:
  DamagedRecordsTest() { append({"one", "two", "three"}); }
  void damage(Index index, const RecordEntry& entry) const {
    const auto at = test::peek_file<std::uint64_t>(
        file(), offsetof(layout::StreamHeader, rings) + offsetof(layout::RingDescriptor, data_offset));
    test::poke_file(file(), at + index * sizeof(RecordEntry), entry);
  }
};

TEST_F(DamagedRecordsTest, AnEntryWithoutBytesThrowsBadStream) {
  for (const RecordEntry& entry :
       {RecordEntry{8, 10'001, 0}, RecordEntry{8, UINT64_MAX, 0}, RecordEntry{8, 100, 0},
        RecordEntry{1 << 20, 3, 0}, RecordEntry{9, 3, 0}, RecordEntry{UINT64_MAX - 7, 3, 0}}) {
    damage(1, entry);
    RecordReader in("records", Start::at(1));
    EXPECT_THROW(static_cast<void>(in.next()), BadStream) << entry.begin << ", " << entry.bytes;
    EXPECT_THROW(static_cast<void>(in.view(1)), BadStream);
    EXPECT_THROW(static_cast<void>(in[Slice{}]), BadStream);
    in.seek(2);
    EXPECT_EQ(in.next()->text(), "three");
  }
}

TEST_F(DamagedRecordsTest, AWrongEntryWithinBoundsIsReadAsItStands) {
  damage(1, {0, 24, 0});
  RecordReader in("records", Start::at(1));
  EXPECT_EQ(in.next()->size(), 24U);
}

TEST_F(DamagedRecordsTest, AWriterReplacesAStreamWhoseNewestEntryHasNoBytes) {
  out.detach();
  damage(2, {1 << 20, 3, 0});
  EXPECT_THROW(RecordWriter("records", with_records({.history_bytes = 100'000, .max_record_bytes = 10'000})),
               BadStream);
}

}  // namespace
}  // namespace shm
