// SPDX-License-Identifier: Apache-2.0

// The newest item in the counter line: it is read only if it is whole and the expected one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "support/checked_item.hpp"
#include "support/ring_memory.hpp"

namespace shm::ring {
namespace {

using test::checked_item;
using test::RingMemory;
using Item = test::CheckedItem<6>;    // 48 bytes: the largest that rides
using Larger = test::CheckedItem<7>;  // 56 bytes

class NewestLine : public ::testing::Test {
 protected:
  void append(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const Item item = checked_item<6>(writer.inserted());
      writer.append_one<sizeof item>(reinterpret_cast<const std::byte*>(&item));
    }
  }
  bool take(std::uint64_t inserted) {
    return memory.reader().copy_newest(inserted, reinterpret_cast<std::byte*>(&taken), sizeof taken);
  }

  RingMemory memory{geometry_for(sizeof(Item), 100, 10)};
  RingWriter writer = memory.writer();
  Item taken{};
};

TEST_F(NewestLine, HoldsTheNewestItem) {
  for (std::uint64_t n = 1; n < 200; ++n) {
    append(1);
    ASSERT_TRUE(take(n));
    ASSERT_TRUE(test::is_item(taken, n - 1));
  }
}

TEST_F(NewestLine, HoldsTheLastItemOfABatch) {
  const Item items[3] = {checked_item<6>(0), checked_item<6>(1), checked_item<6>(2)};
  writer.append_step(reinterpret_cast<const std::byte*>(&items[0]), 3);
  ASSERT_TRUE(take(3));
  EXPECT_TRUE(test::is_item(taken, 2));
}

TEST_F(NewestLine, HoldsTheLastItemOfAClaimThatWasFilledInPlace) {
  const Item items[2] = {checked_item<6>(0), checked_item<6>(1)};
  std::memcpy(writer.claim(2), &items[0], sizeof items);
  writer.publish(2);
  ASSERT_TRUE(take(2));
  EXPECT_TRUE(test::is_item(taken, 1));
}

TEST_F(NewestLine, CopyIsRefusedWhenAnotherCountIsExpected) {
  append(5);
  EXPECT_FALSE(take(4));
  EXPECT_FALSE(take(6));
  EXPECT_TRUE(take(5));
}

TEST_F(NewestLine, CopyIsRefusedWhileTheLineIsHalfWritten) {
  append(5);
  // The state after a writer is killed between the guard and the count.
  memory.counters.line.guard.store(6);
  memory.counters.line.newest[20] = std::byte{0xee};
  EXPECT_EQ(memory.reader().inserted(), 5U);
  EXPECT_FALSE(take(5));
  EXPECT_TRUE(memory.reader().copy(4, 1, reinterpret_cast<std::byte*>(&taken)));
  EXPECT_TRUE(test::is_item(taken, 4));
}

TEST_F(NewestLine, LineIsWholeAgainAfterTheNextWriterAppended) {
  append(5);
  memory.counters.line.guard.store(6);
  memory.counters.line.newest[20] = std::byte{0xee};
  writer = memory.writer();
  append(1);
  ASSERT_TRUE(take(6));
  EXPECT_TRUE(test::is_item(taken, 5));
}

TEST_F(NewestLine, ItemOfABatchWhoseWriterDiedIsNotReadAsALaterItem) {
  append(5);
  memory.counters.line.guard.store(8);  // a batch of three, killed before its count
  memory.counters.line.newest[20] = std::byte{0xee};
  writer = memory.writer();
  EXPECT_FALSE(take(5));
  for (std::uint64_t n = 6; n <= 8; ++n) {
    append(1);
    ASSERT_TRUE(take(n));
    ASSERT_TRUE(test::is_item(taken, n - 1));
  }
}

TEST(NewestLineOfLargerItems, ItemsLargerThanTheLineLeaveItUntouched) {
  RingMemory memory(geometry_for(sizeof(Larger), 100, 10));
  RingWriter writer = memory.writer();
  const Larger item = checked_item<7>(0);
  writer.append_one<sizeof item>(reinterpret_cast<const std::byte*>(&item));
  EXPECT_EQ(memory.counters.line.guard.load(), 0U);
  const auto& newest = memory.counters.line.newest;
  EXPECT_TRUE(std::all_of(newest.begin(), newest.end(), [](std::byte byte) { return byte == std::byte{0}; }));
  EXPECT_EQ(memory.reader().inserted(), 1U);
}

}  // namespace
}  // namespace shm::ring
