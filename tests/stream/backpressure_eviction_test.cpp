// SPDX-License-Identifier: Apache-2.0

// Evicting a lossless reader that stalls: the writer continues, and the reader reports the eviction.
#include <gtest/gtest.h>

#include <array>

#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "stream/lossless_stream.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

using test::fill;
using test::lossless_reader;
using test::NumberReader;

class EvictReadersTest : public ::testing::Test, protected test::FullStream {
 protected:
  static bool any(const ReaderInfo&) { return true; }
  NumberReader reader{"numbers", Start::next(), lossless_reader()};
};

TEST_F(EvictReadersTest, LetsTheWriterGoOn) {
  fill(out);
  const auto evicted = evict_readers("numbers", [](const ReaderInfo& info) { return info.holds_back; });
  ASSERT_EQ(evicted.size(), 1U);
  EXPECT_EQ(evicted[0].name, "keeper");
  EXPECT_TRUE(evicted[0].holds_back);
  EXPECT_FALSE(is_held_back());
  EXPECT_FALSE(out.readers()[0].lossless);
  EXPECT_TRUE(evict_readers("numbers", any).empty());
}

TEST_F(EvictReadersTest, IsReportedOnceAtTheReadersNextRead) {
  fill(out);
  evict_readers("numbers", any);
  EXPECT_FALSE(reader.is_lossless());
  EXPECT_EQ(reader.next().status, Status::evicted);
  EXPECT_EQ(reader.next().item, 0U);  // now a reader that is not lossless
  test::append_up_to(out, 100'000);
  EXPECT_EQ(reader.next().status, Status::lost);
  reader.acknowledge(reader.cursor());  // has no effect any more
}

TEST_F(EvictReadersTest, IsReportedByEveryWayToRead) {
  fill(out);
  std::array<std::uint64_t, 2> two{};
  std::array<std::byte, 8> bytes{};
  const auto again = [&] {
    reader = NumberReader("numbers", Start::oldest(), lossless_reader());
    EXPECT_EQ(evict_readers("numbers", any).size(), 1U);
  };
  again();
  EXPECT_EQ(reader.try_next().status, Status::evicted);
  again();
  EXPECT_EQ(reader.peek().status, Status::evicted);
  again();
  EXPECT_EQ(reader.read(two).status, Status::evicted);
  again();
  EXPECT_EQ(reader.skip(1), Status::evicted);
  again();
  EXPECT_EQ(reader.raw().try_next(bytes), Status::evicted);
  again();
  EXPECT_THROW(reader(), Evicted);
  again();
  EXPECT_THROW(static_cast<void>(reader.begin()), Evicted);
}

TEST_F(EvictReadersTest, EvictsTheReadersThatThePredicateSelects) {
  NumberReader other("numbers", Start::next(), {.name = "other", .lossless = Acknowledge::with_read});
  const auto evicted = evict_readers("numbers", [](const ReaderInfo& info) { return info.name == "other"; });
  EXPECT_EQ(evicted.size(), 1U);
  EXPECT_TRUE(reader.is_lossless());
  EXPECT_FALSE(other.is_lossless());
}

TEST_F(EvictReadersTest, SparesReadersThatAreNotLossless) {
  const NumberReader lossy("numbers", Start::next());
  EXPECT_EQ(evict_readers("numbers", any).size(), 1U);
  EXPECT_EQ(out.readers().size(), 2U);
}

TEST_F(EvictReadersTest, ThrowsNotFoundWithoutAStream) {
  EXPECT_THROW(evict_readers("nothing", any), NotFound);
}

TEST_F(EvictReadersTest, SparesTheNextReaderInTheSlot) {
  evict_readers("numbers", any);
  reader = NumberReader("numbers", Start::next(), lossless_reader());
  EXPECT_TRUE(reader.is_lossless());
  const Index first = out.inserted();
  fill(out);
  EXPECT_EQ(reader.next().item, first);
}

}  // namespace
}  // namespace shm
