// SPDX-License-Identifier: Apache-2.0

// The protocol of the ring, step by step, on plain memory.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "support/checked_item.hpp"
#include "support/ring_memory.hpp"

namespace shm::ring {
namespace {

using test::checked_item;
using test::RingMemory;

constexpr std::size_t big_words = 128;  // 1 KiB: not in the counter line
using Big = test::CheckedItem<big_words>;
using Small = test::CheckedItem<2>;

// item bytes, capacity, history, most in a claim, ahead, first index
constexpr Geometry eight_slots{sizeof(Big), 8, 4, 2, 2, 0};
constexpr Geometry small_slots{sizeof(Small), 256, 128, 16, 64, 0};

template <class Item>
const std::byte* bytes(const Item& item) {
  return reinterpret_cast<const std::byte*>(&item);
}

void append(RingWriter& writer, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Big item = checked_item<big_words>(writer.inserted());
    writer.append_one<sizeof(Big)>(bytes(item));
  }
}

bool readable(const RingReader& reader, std::uint64_t index) {
  Big item{};
  return reader.copy(index, 1, reinterpret_cast<std::byte*>(&item)) && test::is_item(item, index);
}

TEST(RingWriter, NewRingIsEmpty) {
  RingMemory memory(eight_slots);
  EXPECT_EQ(memory.reader().inserted(), 0U);
  EXPECT_EQ(memory.reader().oldest(), 0U);
}

TEST(RingWriter, ClaimedItemsAreNotReadableUntilTheyArePublished) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  const Big item = checked_item<big_words>(0);
  std::memcpy(writer.claim(1), &item, sizeof item);
  EXPECT_EQ(memory.reader().inserted(), 0U);
  writer.publish(1);
  EXPECT_EQ(memory.reader().inserted(), 1U);
  EXPECT_TRUE(readable(memory.reader(), 0));
}

TEST(RingWriter, PublishingFewerThanClaimedGivesTheRestBack) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  std::byte* claimed = writer.claim(2);
  writer.publish(1);
  EXPECT_EQ(writer.inserted(), 1U);
  EXPECT_EQ(writer.claim(1), claimed + sizeof(Big));
}

TEST(RingWriter, ClaimingAgainGivesTheSameSlots) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  EXPECT_EQ(writer.claim(2), writer.claim(1));
}

TEST(RingWriter, SlotIsReservedBeforeItIsClaimed) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  static_cast<void>(writer.claim(2));
  EXPECT_GE(memory.counters.reserved.load(), 2U);
}

TEST(RingWriter, ReservedRunsAheadSoThatMostAppendsDoNotStoreIt) {
  RingMemory memory(small_slots);
  RingWriter writer = memory.writer();
  int changes = 0;
  std::uint64_t before = memory.counters.reserved.load();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Small item = checked_item<2>(i);
    writer.append_one<sizeof item>(bytes(item));
    if (memory.counters.reserved.load() != before) ++changes;
    before = memory.counters.reserved.load();
    ASSERT_GE(before, writer.inserted());
    ASSERT_LE(before, writer.inserted() + small_slots.ahead);
  }
  EXPECT_LE(changes, 16);
}

TEST(RingWriter, ClaimAcrossTheEndOfTheRingIsContiguous) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  append(writer, 7);
  std::byte* slots = writer.claim(2);
  for (std::uint64_t i = 7; i < 9; ++i) {
    const Big item = checked_item<big_words>(i);
    std::memcpy(slots + (i - 7) * sizeof item, &item, sizeof item);
  }
  writer.publish(2);
  std::vector<Big> read(2);
  ASSERT_TRUE(memory.reader().copy(7, 2, reinterpret_cast<std::byte*>(read.data())));
  EXPECT_TRUE(test::is_item(read[0], 7));
  EXPECT_TRUE(test::is_item(read[1], 8));
  EXPECT_EQ(memory.reader().at(8), memory.data);
}

TEST(RingWriter, ItemIsReadableUntilItsSlotIsReservedAgain) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  for (std::uint64_t turn = 0; turn < 40; ++turn) {
    append(writer, 1);
    const std::uint64_t reserved = memory.counters.reserved.load();
    const std::uint64_t oldest = reserved > 8 ? reserved - 8 : 0;
    ASSERT_EQ(memory.reader().oldest(), oldest);
    for (std::uint64_t i = 0; i < writer.inserted(); ++i) {
      ASSERT_EQ(readable(memory.reader(), i), i >= oldest) << "item " << i << " of " << writer.inserted();
    }
  }
}

TEST(RingWriter, CopyIsRefusedWhenTheSlotWasReservedMeanwhile) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  append(writer, 6);
  const RingReader reader = memory.reader();
  ASSERT_TRUE(reader.intact(reader.oldest()));
  const std::uint64_t read = reader.oldest();
  const std::byte first_byte = *reader.at(read);
  append(writer, 4);
  EXPECT_EQ(std::to_integer<std::uint64_t>(first_byte), read);
  EXPECT_FALSE(reader.intact(read));
}

TEST(RingWriter, HistoryIsReadableAtTheWorstMomentOfEveryClaim) {
  RingMemory memory(eight_slots);
  RingWriter writer = memory.writer();
  for (std::uint64_t turn = 0; turn < 50; ++turn) {
    static_cast<void>(writer.claim(eight_slots.max_claim));
    const std::uint64_t inserted = memory.reader().inserted();
    const std::uint64_t promised = inserted > eight_slots.history ? inserted - eight_slots.history : 0;
    ASSERT_LE(memory.reader().oldest(), promised);
    for (std::uint64_t i = promised; i < inserted; ++i) ASSERT_TRUE(readable(memory.reader(), i));
    append(writer, 1 + turn % eight_slots.max_claim);
  }
}

TEST(RingWriter, EveryWayOfAppendingGivesTheSameStream) {
  RingMemory memory(small_slots);
  RingWriter writer = memory.writer();
  std::vector<Small> items;
  for (std::uint64_t i = 0; i < 9; ++i) items.push_back(checked_item<2>(i));
  writer.append_one<sizeof(Small)>(bytes(items[0]));
  writer.append_step(bytes(items[1]), 4);
  std::memcpy(writer.claim(4), &items[5], 4 * sizeof(Small));
  writer.publish(4);
  std::vector<Small> read(9);
  ASSERT_TRUE(memory.reader().copy(0, 9, reinterpret_cast<std::byte*>(read.data())));
  EXPECT_EQ(read, items);
}

TEST(RingWriter, NothingBeforeTheFirstIndexIsReadable) {
  Geometry geometry = eight_slots;
  geometry.first_index = 100;
  RingMemory memory(geometry);
  RingWriter writer = memory.writer();
  EXPECT_EQ(writer.inserted(), 100U);
  append(writer, 1);
  EXPECT_EQ(memory.reader().oldest(), 100U);
  EXPECT_FALSE(readable(memory.reader(), 99));
  EXPECT_TRUE(readable(memory.reader(), 100));
}

// --- a writer that died ---

TEST(RingWriter, NextWriterContinuesAtThePublishedCount) {
  RingMemory memory(eight_slots);
  {
    RingWriter dead = memory.writer();
    append(dead, 5);
    std::memset(dead.claim(2), 0xee, 2 * sizeof(Big));  // died before it published
  }
  RingWriter writer = memory.writer();
  EXPECT_EQ(writer.inserted(), 5U);
  append(writer, 1);
  EXPECT_TRUE(readable(memory.reader(), 5));
}

TEST(RingWriter, NextWriterNeverLowersReserved) {
  RingMemory memory(small_slots);
  {
    RingWriter dead = memory.writer();
    static_cast<void>(dead.claim(16));  // reserved is 16 + 64 now, inserted 0
  }
  std::uint64_t reserved = memory.counters.reserved.load();
  ASSERT_EQ(reserved, 80U);
  RingWriter writer = memory.writer();
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Small item = checked_item<2>(i);
    writer.append_one<sizeof item>(bytes(item));
    ASSERT_GE(memory.counters.reserved.load(), reserved);
    reserved = memory.counters.reserved.load();
  }
}

TEST(RingWriter, ManyWritersThatDieInAClaimKeepTheHistory) {
  RingMemory memory(eight_slots);
  for (int death = 0; death < 100; ++death) {
    RingWriter writer = memory.writer();
    append(writer, 1);
    static_cast<void>(writer.claim(eight_slots.max_claim));
    const std::uint64_t inserted = memory.reader().inserted();
    const std::uint64_t promised = inserted > eight_slots.history ? inserted - eight_slots.history : 0;
    ASSERT_LE(memory.reader().oldest(), promised);
  }
}

}  // namespace
}  // namespace shm::ring
