// SPDX-License-Identifier: Apache-2.0

// Lossless streams of records: records that are not acknowledged stay, with their bytes.
#include <chrono>
#include <thread>

#include "shm/base/error.hpp"
#include "stream/record_stream.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

class LosslessRecordsTest : public test::RecordStream {
 protected:
  [[nodiscard]] static StreamOptions lossless(WhenFull when_full, std::uint64_t history = 1000) {
    StreamOptions options = test::with_records({.history_bytes = 50'000, .max_record_bytes = 5000}, history);
    options.lossless = LosslessOptions{.when_full = when_full};
    return options;
  }
  [[nodiscard]] static RecordReader reader(Acknowledge when = Acknowledge::with_read) {
    return {"records", Start::next(), {.lossless = when}};
  }
  /// Returns the number of records that were appended until an append failed.
  static std::uint64_t fill(RecordWriter& out, std::size_t bytes) {
    const Index before = out.inserted();
    try {
      for (;;) test::append_filled(out, 1, bytes);
    } catch (const RingFull&) {
      return out.inserted() - before;
    }
  }
};

TEST_F(LosslessRecordsTest, BytesThatAreNotAcknowledgedAreNotOverwritten) {
  RecordWriter out("records", lossless(WhenFull::fail));
  RecordReader in = reader();
  const std::uint64_t held = fill(out, 1000);
  EXPECT_GE(held, 50U);
  EXPECT_LT(held, 140U);
  EXPECT_THROW(static_cast<void>(out.claim(1000)), RingFull);
  EXPECT_EQ(in.oldest(), 0U);
  for (std::uint64_t index = 0; index < held; ++index) {
    ASSERT_TRUE(test::is_filled(in.next()->bytes(), index));
  }
  EXPECT_EQ(in.lost_items(), 0U);
}

TEST_F(LosslessRecordsTest, EntriesThatAreNotAcknowledgedAreNotOverwritten) {
  RecordWriter out("records", lossless(WhenFull::fail, 100));
  RecordReader in = reader();
  const std::uint64_t held = fill(out, 1);
  EXPECT_GE(held, 100U);
  EXPECT_LE(held, 512U);
  for (std::uint64_t index = 0; index < held; ++index) {
    ASSERT_TRUE(test::is_filled(in.next()->bytes(), index));
  }
}

TEST_F(LosslessRecordsTest, ARecordInPlaceStaysUntilTheNextCall) {
  RecordWriter out("records", lossless(WhenFull::fail));
  RecordReader in = reader();
  test::append_filled(out, 2, 1000);
  const Next<RecordView> held = in.next();
  EXPECT_EQ(in.cursor(), 1U);
  EXPECT_EQ(in.acknowledged(), 0U);
  fill(out, 1000);
  EXPECT_TRUE(held->intact());
  EXPECT_TRUE(test::is_filled(held->bytes(), 0));
  const Next<RecordView> next = in.next();
  EXPECT_EQ(in.acknowledged(), 1U);
  fill(out, 1000);
  EXPECT_TRUE(next->intact());
}

TEST_F(LosslessRecordsTest, ARecordInPlaceStaysUntilItIsAcknowledgedExplicitly) {
  RecordWriter out("records", lossless(WhenFull::fail));
  RecordReader in = reader(Acknowledge::explicitly);
  const std::uint64_t held = fill(out, 1000);
  for (std::uint64_t i = 0; i < held; ++i) EXPECT_TRUE(in.next());
  EXPECT_EQ(fill(out, 1000), 0U);
  in.acknowledge(in.cursor());
  EXPECT_GE(fill(out, 1000), 50U);
}

TEST_F(LosslessRecordsTest, AWaitingReaderDoesNotHoldTheWriterBack) {
  RecordWriter out("records", lossless(WhenFull::fail));
  RecordReader in = reader();
  for (std::uint64_t index = 0; index < 1000; ++index) {
    test::append_filled(out, 1, 5000);
    ASSERT_TRUE(test::is_filled(in.next()->bytes(), index));
  }
}

TEST_F(LosslessRecordsTest, RecordsWithoutRoomAreDroppedIfTheOptionsDemandIt) {
  RecordWriter out("records", lossless(WhenFull::drop));
  RecordReader in = reader();
  while (out.append(test::checked_record(out.inserted(), 5000))) {
  }
  const std::uint64_t held = out.inserted();
  EXPECT_EQ(out.info().backpressure.dropped_items, 1U);
  EXPECT_EQ(out.claim(5000).data(), nullptr);
  EXPECT_FALSE(out.publish(10));
  EXPECT_THROW(out.publish(10), InvalidArgument);
  EXPECT_EQ(out.info().backpressure.dropped_items, 2U);
  EXPECT_EQ(out.inserted(), held);
  for (std::uint64_t i = 0; i < held; ++i) EXPECT_TRUE(in.next());
  EXPECT_EQ(in.try_next().status, Status::not_yet);
  EXPECT_TRUE(out.append(test::checked_record(held, 5000)));
  EXPECT_TRUE(test::is_filled(in.next()->bytes(), held));
}

TEST_F(LosslessRecordsTest, SmallRecordsFitWhereALargeOneDoesNot) {
  RecordWriter out("records", lossless(WhenFull::drop));
  RecordReader in = reader();
  while (out.append(test::checked_record(out.inserted(), 5000))) {
  }
  const std::uint64_t held = out.inserted();
  EXPECT_TRUE(out.append(test::checked_record(held, 8)));
  for (std::uint64_t index = 0; index <= held; ++index) {
    ASSERT_TRUE(test::is_filled(in.next()->bytes(), index));
  }
}

TEST_F(LosslessRecordsTest, AForkAcknowledgesLikeItsReader) {
  RecordWriter out("records", lossless(WhenFull::fail));
  RecordReader in = reader();
  test::append_filled(out, 3, 10);
  RecordReader other = in.fork();
  EXPECT_TRUE(other.is_lossless());
  EXPECT_TRUE(other.next());
  EXPECT_EQ(other.acknowledged(), 0U);
  EXPECT_TRUE(other.next());
  EXPECT_EQ(other.acknowledged(), 1U);
}

TEST_F(LosslessRecordsTest, AWaitingWriterLosesNoRecord) {
  StreamOptions options = lossless(WhenFull::wait);
  const std::uint64_t most = static_cast<std::uint64_t>(test::turns(20'000));
  RecordWriter out("records", options);
  RecordReader in = reader();
  std::thread writer([&] {
    for (std::uint64_t index = 0; index < most; ++index) {
      const std::size_t size = test::checked_size(index, 5000);
      if (index % 2 == 0) {
        test::fill_record(out.claim(size), index);
        out.publish(size);
      } else {
        out.append(test::checked_record(index, size));
      }
    }
  });
  for (std::uint64_t index = 0; index < most; ++index) {
    const Next<RecordView> next = in.next();
    ASSERT_EQ(next.status, Status::ok);
    ASSERT_TRUE(test::is_record(next->bytes(), index, 5000)) << index;
    ASSERT_TRUE(next->intact());
  }
  writer.join();
  EXPECT_EQ(in.lost_items(), 0U);
}

}  // namespace
}  // namespace shm
