// SPDX-License-Identifier: Apache-2.0

// The options of a writer of a lossless stream for when it is held back: fail, drop or wait.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "shm/base/error.hpp"
#include "stream/lossless_stream.hpp"
#include "support/print.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::append_up_to;
using test::eventually;
using test::fill;
using test::lossless;
using test::lossless_reader;
using test::NumberReader;
using test::Numbers;

class LosslessWriterTest : public ::testing::Test {
 protected:
  test::TestDirectory directory;
};

TEST_F(LosslessWriterTest, IsNotHeldBackWithoutLosslessReaders) {
  Numbers out("numbers", lossless(WhenFull::fail));
  NumberReader lossy("numbers", Start::next());
  append_up_to(out, 100'000);
  EXPECT_EQ(out.inserted(), 100'000U);
  EXPECT_EQ(lossy.next().status, Status::lost);
}

TEST_F(LosslessWriterTest, NamesTheReaderThatHoldsItBackInRingFull) {
  Numbers out("numbers", lossless(WhenFull::fail));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  try {
    append_up_to(out, UINT64_MAX);
    FAIL() << "not held back";
  } catch (const RingFull& full) {
    EXPECT_EQ(full.pid(), ::getpid());
    EXPECT_EQ(full.reader(), "keeper");
    EXPECT_NE(std::string(full.what()).find("lossless reader 'keeper'"), std::string::npos) << full.what();
    EXPECT_NE(std::string(full.what()).find("at item 0"), std::string::npos) << full.what();
  }
  const Index full_at = out.inserted();
  EXPECT_GE(full_at, 64U);
  for (Index i = 0; i < full_at; ++i) ASSERT_EQ(reader.try_next().item, i);
  out.append(full_at);
  EXPECT_EQ(reader.try_next().item, full_at);
}

TEST_F(LosslessWriterTest, DropsAndCountsItemsWhenFull) {
  Numbers out("numbers", lossless(WhenFull::drop));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  const Index full_at = fill(out);  // one was dropped
  EXPECT_FALSE(out.append(7));
  const std::array<std::uint64_t, 3> three{1, 2, 3};
  EXPECT_FALSE(out.append(three));
  EXPECT_TRUE(out.claim(2).empty());
  EXPECT_EQ(out.info().backpressure.dropped_items, 7U);
  EXPECT_TRUE(out.info().backpressure.is_held_back);
  EXPECT_EQ(out.inserted(), full_at);
  EXPECT_EQ(reader.try_next().item, 0U);
  EXPECT_TRUE(out.append(full_at));
  EXPECT_FALSE(out.info().backpressure.is_held_back);
  for (Index i = 1; i <= full_at; ++i) ASSERT_EQ(reader.try_next().item, i);
  EXPECT_EQ(reader.lost_items(), 0U);
}

TEST_F(LosslessWriterTest, WaitsForTheReaderWhenFull) {
  Numbers out("numbers", lossless(WhenFull::wait));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  constexpr Index count = 20'000;
  std::thread writer([&] { append_up_to(out, count); });
  for (Index i = 0; i < count; ++i) ASSERT_EQ(reader.next(30s).item, i);
  writer.join();
  EXPECT_EQ(reader.lost_items(), 0U);
}

TEST_F(LosslessWriterTest, SleepsUntilTheReaderItWaitsForReads) {
  StreamOptions options = lossless(WhenFull::wait);
  options.lossless->waiting = WaitStrategy::sleep();
  Numbers out("numbers", options);
  NumberReader slow("numbers", Start::next(), lossless_reader());
  NumberReader quick("numbers", Start::next(), lossless_reader());
  std::thread writer([&] { append_up_to(out, 1000); });
  for (Index i = 0; i < 1000; ++i) {
    while (quick.cursor() < out.inserted() && quick.try_next()) {
    }
    ASSERT_EQ(slow.next(30s).item, i);
  }
  writer.join();
  while (quick.try_next()) {
  }
  EXPECT_EQ(quick.cursor(), 1000U);
  EXPECT_EQ(slow.lost_items() + quick.lost_items(), 0U);
}

TEST_F(LosslessWriterTest, WaitsNoLongerThanItsPatience) {
  Numbers out("numbers", lossless(WhenFull::wait, 10ms));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  EXPECT_THROW(append_up_to(out, UINT64_MAX), RingFull);
  EXPECT_THROW(out.append(1), RingFull);
  EXPECT_EQ(reader.try_next().item, 0U);
  EXPECT_TRUE(out.append(out.inserted()));
}

TEST_F(LosslessWriterTest, ItsWaitIsInterrupted) {
  for (const WaitStrategy waiting : {WaitStrategy::spin(), WaitStrategy::sleep(), WaitStrategy{}}) {
    Interrupt stop;
    StreamOptions options = lossless(WhenFull::wait, std::chrono::nanoseconds::max());
    options.lossless->interrupt = &stop;
    options.lossless->waiting = waiting;
    Numbers out("numbers", options);
    NumberReader reader("numbers", Start::next(), lossless_reader());
    std::thread writer([&] { EXPECT_THROW(append_up_to(out, UINT64_MAX), Interrupted); });
    EXPECT_TRUE(eventually([&] { return reader.info().backpressure.is_held_back; }));
    stop.trigger();
    writer.join();
  }
}

TEST_F(LosslessWriterTest, AppendsAllItemsOrNoItems) {
  Numbers out("numbers", lossless(WhenFull::drop));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  std::vector<std::uint64_t> many(64);
  std::uint64_t taken = 0;
  while (out.append(many)) taken += many.size();
  EXPECT_EQ(out.inserted(), taken);
  EXPECT_EQ(out.info().backpressure.dropped_items, 64U);
  many.resize(1 << 20);
  EXPECT_THROW(out.append(many), InvalidArgument);
  EXPECT_EQ(out.inserted(), taken);
  EXPECT_EQ(out.info().backpressure.dropped_items, 64U);
}

TEST_F(LosslessWriterTest, ClaimWaitsWhenFull) {
  Numbers out("numbers", lossless(WhenFull::wait));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  std::thread writer([&] {
    for (Index next = 0; next < 10'000; next += 5) {
      const std::span<std::uint64_t> slots = out.claim(7);
      ASSERT_EQ(slots.size(), 7U);
      for (std::size_t i = 0; i < 5; ++i) slots[i] = next + i;
      out.publish(5);
    }
  });
  for (Index i = 0; i < 10'000; ++i) ASSERT_EQ(reader.next(30s).item, i);
  writer.join();
}

TEST_F(LosslessWriterTest, WritesNoKeysOfDroppedItems) {
  StreamOptions options = lossless(WhenFull::drop);
  options.ledger = LedgerOptions{};
  Numbers stamped("stamped", options);
  NumberReader reader("stamped", Start::next(), lossless_reader());
  std::int64_t key = 0;
  while (stamped.append(1, Stamp::first(key))) ++key;
  EXPECT_FALSE(stamped.append(1, Stamp::first(1'000'000)));
  const std::uint64_t anchors = stamped.info().ledger->written;
  EXPECT_EQ(reader.try_next().status, Status::ok);
  EXPECT_TRUE(stamped.append(1, Stamp::first(key)));  // less than the key of the dropped item
  EXPECT_EQ(stamped.info().ledger->written, anchors + 1);
}

TEST_F(LosslessWriterTest, IsShownAsHeldBackInStreamAndReaderInfo) {
  Numbers out("numbers", lossless(WhenFull::drop));
  Numbers other("other");
  EXPECT_TRUE(out.info().lossless);
  EXPECT_FALSE(other.info().lossless);
  NumberReader reader("numbers", Start::next(), lossless_reader());
  NumberReader lossy("numbers", Start::next());
  fill(out);
  for (const ReaderInfo& info : out.readers()) {
    EXPECT_EQ(info.lossless, info.name == "keeper");
    EXPECT_EQ(info.holds_back, info.name == "keeper");
    EXPECT_EQ(info.acknowledged, 0U);
  }
}

TEST_F(LosslessWriterTest, AReaderHoldsTheNextWriterBack) {
  auto out = std::make_optional<Numbers>("numbers", lossless(WhenFull::drop));
  NumberReader reader("numbers", Start::next(), lossless_reader());
  const Index full_at = fill(*out);
  out->detach();
  out.emplace("numbers", lossless(WhenFull::drop));
  EXPECT_EQ(out->inserted(), full_at);
  EXPECT_FALSE(out->append(full_at));
  for (Index i = 0; i < full_at; ++i) ASSERT_EQ(reader.try_next().item, i);
  EXPECT_TRUE(out->append(full_at));
  EXPECT_EQ(reader.try_next().item, full_at);
}

TEST_F(LosslessWriterTest, ReplacesAStreamThatIsNotLossless) {
  auto out = std::make_optional<Numbers>("numbers", lossless(WhenFull::drop));
  append_up_to(*out, 10);
  NumberReader reader("numbers", Start::oldest(), lossless_reader());
  out->detach();
  out.emplace("numbers", StreamOptions{.history = 64});
  EXPECT_FALSE(out->info().lossless);
  EXPECT_EQ(out->inserted(), 10U);
  for (Index i = 0; i < 10; ++i) ASSERT_EQ(reader.try_next().item, i);
  EXPECT_EQ(reader.try_next().status, Status::ended);
}

}  // namespace
}  // namespace shm
