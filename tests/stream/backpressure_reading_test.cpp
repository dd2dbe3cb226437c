// SPDX-License-Identifier: Apache-2.0

// The items that a lossless reader holds, and how it releases them.
#include <gtest/gtest.h>

#include <array>

#include "shm/base/error.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "stream/lossless_stream.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

using test::append_up_to;
using test::fill;
using test::lossless_reader;
using test::NumberReader;
using test::Numbers;

class LosslessReaderTest : public ::testing::Test, protected test::FullStream {
 protected:
  /// Reads all that is there, in order.
  static void drain(NumberReader& reader, Index from) {
    const Index end = reader.inserted();
    for (Index i = from; i < end; ++i) ASSERT_EQ(reader.try_next().item, i);
    EXPECT_EQ(reader.lost_items(), 0U);
  }
};

TEST_F(LosslessReaderTest, RefusesAStreamThatIsNotLossless) {
  const Numbers other("other");
  EXPECT_THROW(NumberReader("other", Start::next(), lossless_reader()), InvalidArgument);
  NumberReader lossy("numbers", Start::next());
  EXPECT_FALSE(lossy.is_lossless());
  EXPECT_THROW(lossy.acknowledge(0), InvalidArgument);
}

TEST_F(LosslessReaderTest, AcknowledgesWithEachWayToRead) {
  NumberReader reader("numbers", Start::next(), lossless_reader());
  EXPECT_TRUE(reader.is_lossless());
  append_up_to(out, 40);
  EXPECT_EQ(reader.acknowledged(), 0U);
  EXPECT_EQ(reader.next().item, 0U);
  EXPECT_EQ(reader.acknowledged(), 1U);
  EXPECT_EQ(reader.peek().item, 1U);
  EXPECT_EQ(reader.acknowledged(), 1U);
  std::array<std::uint64_t, 10> ten{};
  EXPECT_EQ(reader.read(ten).count, 10U);
  EXPECT_EQ(reader.acknowledged(), 11U);
  const View<std::uint64_t> view = reader.peek_view(5);
  EXPECT_EQ(view.size(), 5U);
  EXPECT_EQ(reader.acknowledged(), 11U);
  EXPECT_EQ(reader.skip(5), Status::ok);
  EXPECT_EQ(reader.acknowledged(), 16U);
  reader.seek(30);
  EXPECT_EQ(reader.acknowledged(), 30U);
  reader.seek(20);  // acknowledged items stay acknowledged
  EXPECT_EQ(reader.acknowledged(), 30U);
  EXPECT_EQ(reader.next().item, 20U);
  EXPECT_EQ(reader.acknowledged(), 30U);
}

TEST_F(LosslessReaderTest, KeepsItemsUntilTheyAreAcknowledgedExplicitly) {
  NumberReader reader("numbers", Start::next(), lossless_reader(Acknowledge::explicitly));
  const Index full_at = fill(out);
  drain(reader, 0);
  EXPECT_EQ(reader.acknowledged(), 0U);
  EXPECT_TRUE(is_held_back());
  reader.acknowledge(3);
  EXPECT_EQ(reader.acknowledged(), 3U);
  EXPECT_FALSE(is_held_back());
  EXPECT_EQ(reader.item(3), 3U);
  EXPECT_THROW(reader.acknowledge(full_at + 100), InvalidArgument);
  reader.acknowledge(1);
  EXPECT_EQ(reader.acknowledged(), 3U);
}

TEST_F(LosslessReaderTest, KeepsAViewInPlace) {
  NumberReader reader("numbers", Start::next(), lossless_reader());
  const Index full_at = fill(out);
  const View<std::uint64_t> view = reader.peek_view(full_at);
  EXPECT_TRUE(is_held_back());
  for (Index i = 0; i < full_at; ++i) ASSERT_EQ(view[i], i);
  EXPECT_TRUE(view.intact());
  EXPECT_EQ(reader.skip(full_at), Status::ok);
  EXPECT_FALSE(is_held_back());
}

TEST_F(LosslessReaderTest, StartsAtTheIndexGivenAndLosesNothingAfterIt) {
  append_up_to(out, 50);
  NumberReader newest("numbers", Start::newest(), lossless_reader());
  NumberReader oldest("numbers", Start::oldest(), lossless_reader());
  NumberReader ahead("numbers", Start::at(52), lossless_reader());
  fill(out);
  drain(oldest, 0);
  drain(newest, 49);
  drain(ahead, 52);
}

TEST_F(LosslessReaderTest, StartsAfterTheItemsThatWereReleasedAlready) {
  append_up_to(out, 100'000);
  NumberReader reader("numbers", Start::oldest(), lossless_reader());
  const Index begin = reader.cursor();
  // Most of the history, although the writer may overwrite some of the readable items.
  EXPECT_LE(begin, 100'000U - 48U);
  fill(out);
  drain(reader, begin);
}

TEST_F(LosslessReaderTest, StartsWithMostRecordsOfASmallHistory) {
  StreamOptions options = test::lossless(WhenFull::drop);
  options.history = 1000;  // the bytes are the limit
  options.records = RecordOptions{.history_bytes = 8000, .max_record_bytes = 800};
  RecordWriter records("records", options);
  const std::string text(800, 'x');
  while (records.inserted() < 10'000) records.append(text);
  const IndexRange there = RecordReader("records", Start::next()).readable();
  RecordReader reader("records", Start::oldest(), lossless_reader());
  EXPECT_LE(reader.cursor(), there.begin + there.size() / 4);
  const Index begin = reader.cursor();
  while (records.append(text)) {
  }
  EXPECT_EQ(reader.next().item.index(), begin);
}

TEST_F(LosslessReaderTest, CanLoseItemsBeforeItsClaimBegins) {
  append_up_to(out, 100'000);
  NumberReader reader("numbers", Start::at(10), lossless_reader());
  EXPECT_EQ(reader.cursor(), 10U);
  const Index kept = reader.acknowledged();
  EXPECT_EQ(reader.try_next().status, Status::lost);
  const Index begin = reader.cursor();
  EXPECT_EQ(begin, kept);  // no item that it registered for
  fill(out);
  EXPECT_EQ(reader.try_next().item, begin);
}

TEST_F(LosslessReaderTest, ForksToALosslessReader) {
  NumberReader reader("numbers", Start::next(), lossless_reader());
  append_up_to(out, 20);
  EXPECT_EQ(reader.next().item, 0U);
  NumberReader fork = reader.fork();
  EXPECT_TRUE(fork.is_lossless());
  fill(out);
  drain(reader, 1);
  EXPECT_TRUE(is_held_back());
  drain(fork, 1);
  EXPECT_FALSE(is_held_back());
}

TEST_F(LosslessReaderTest, KeepsItsClaimWhenMoved) {
  NumberReader reader("numbers", Start::next(), lossless_reader());
  NumberReader other("numbers", Start::next());
  other = std::move(reader);
  EXPECT_TRUE(other.is_lossless());
  fill(out);
  drain(other, 0);
  EXPECT_FALSE(is_held_back());
}

TEST_F(LosslessReaderTest, DrainsTheStreamAfterItsEnd) {
  NumberReader reader("numbers", Start::next(), lossless_reader());
  const Index full_at = fill(out);
  out.close();
  for (Index i = 0; i < full_at; ++i) ASSERT_EQ(reader.next().item, i);
  EXPECT_EQ(reader.next().status, Status::ended);
}

}  // namespace
}  // namespace shm
