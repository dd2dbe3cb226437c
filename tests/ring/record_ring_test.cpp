// SPDX-License-Identifier: Apache-2.0

// The two rings of a stream of records, step by step, on plain memory.
#include <gtest/gtest.h>

#include <cstring>

#include "shm/ring/record_ring.hpp"
#include "support/checked_record.hpp"
#include "support/ring_memory.hpp"

namespace shm::ring {
namespace {

using test::RingMemory;

// item bytes, capacity, history, most in a claim, ahead, first index
constexpr Geometry entry_slots{sizeof(RecordEntry), 512, 400, 1, 64, 0};
constexpr Geometry byte_slots{1, 4096, 1024, 1024, 64, 0};

class RecordRingTest : public ::testing::Test {
 protected:
  explicit RecordRingTest(const Geometry& bytes_geometry = byte_slots)
      : entries(entry_slots), bytes(bytes_geometry), items(entries.writer()), ring(resumed()) {}

  [[nodiscard]] RecordRing resumed(std::uint64_t alignment = record_unit) {
    return {entries.reader(), bytes.counters, bytes.data, bytes.geometry, alignment};
  }
  void append(std::size_t size) {
    const std::uint64_t index = items.inserted();
    store_record(ring.claim(items, size), test::checked_record(index, size).data(), size);
    ring.publish(items, size, 0);
  }
  [[nodiscard]] RecordEntry entry(std::uint64_t index) const {
    RecordEntry result;
    std::memcpy(&result, entries.reader().at(index), sizeof result);
    return result;
  }
  /// True if the record is readable and whole.
  [[nodiscard]] bool is_there(std::uint64_t index) const {
    RecordEntry found;
    if (!entries.reader().copy(index, 1, reinterpret_cast<std::byte*>(&found))) return false;
    EXPECT_TRUE(leads_to_bytes(found, bytes.reader()));
    std::vector<std::byte> copy(found.bytes);
    load_record(copy.data(), bytes.reader().at(found.begin), copy.size());
    if (!entries.reader().intact(index)) return false;
    EXPECT_TRUE(test::is_filled(copy, index)) << index;
    return true;
  }

  RingMemory entries;
  RingMemory bytes;
  RingWriter items;
  RecordRing ring;
};

TEST_F(RecordRingTest, RecordIsReadableOnceItsEntryIsPublished) {
  const std::byte* const room = ring.claim(items, 100);
  EXPECT_EQ(entries.reader().inserted(), 0U);
  EXPECT_EQ(bytes.reader().inserted(), 0U);
  EXPECT_EQ(room, bytes.data);
  EXPECT_EQ(ring.publish(items, 10, 7), 1U);
  EXPECT_EQ(entry(0), (RecordEntry{0, 10, 7}));
  EXPECT_EQ(bytes.reader().inserted(), 16U) << "whole units";
}

TEST_F(RecordRingTest, RecordsFollowEachOtherInTheBytes) {
  for (const std::size_t size : {1U, 8U, 9U, 0U, 0U, 16U}) append(size);
  EXPECT_EQ(entry(1).begin, 8U);
  EXPECT_EQ(entry(2).begin, 16U);
  EXPECT_EQ(entry(3), (RecordEntry{32, 0, 0}));
  EXPECT_EQ(entry(4), (RecordEntry{32, 0, 0}));
  EXPECT_EQ(entry(5), (RecordEntry{32, 16, 0}));
  for (std::uint64_t index = 0; index < 6; ++index) EXPECT_TRUE(is_there(index));
}

TEST_F(RecordRingTest, RecordsBeginAtMultiplesOfTheAlignment) {
  ring = resumed(256);
  for (const std::size_t size : {1U, 256U, 257U, 0U}) append(size);
  EXPECT_EQ(entry(1).begin, 256U);
  EXPECT_EQ(entry(2).begin, 512U);
  EXPECT_EQ(entry(3).begin, 1024U);
  EXPECT_EQ(ring.begin(), 1024U) << "a record of nothing takes nothing";
  for (std::uint64_t index = 0; index < 4; ++index) EXPECT_TRUE(is_there(index));
}

TEST_F(RecordRingTest, EntryIsReleasedBeforeAnyOfItsBytes) {
  for (int i = 0; i < 8; ++i) append(500);  // 504 each: 4032 of 4096
  EXPECT_TRUE(is_there(0));
  const auto first = test::checked_record(0, 500);
  static_cast<void>(ring.claim(items, 100));  // runs over the end of the ring, and so over record 0
  EXPECT_FALSE(is_there(0));
  EXPECT_EQ(std::memcmp(bytes.data, first.data(), first.size()), 0) << "given up, not yet overwritten";
  EXPECT_TRUE(is_there(1));
  EXPECT_EQ(entries.reader().oldest(), 1U);
}

TEST_F(RecordRingTest, RecordIsReleasedWhenItsFirstByteIs) {
  append(504);
  for (int i = 0; i < 6; ++i) append(500);
  // 3528 of 4096: what is claimed and the step of 64 beyond it end at the ring's end, and one unit behind it.
  static_cast<void>(ring.claim(items, 4096 - 3528 - 64));
  EXPECT_TRUE(is_there(0));
  static_cast<void>(ring.claim(items, 4096 - 3528));
  EXPECT_TRUE(is_there(0)) << "the step is used up";
  static_cast<void>(ring.claim(items, 4096 - 3528 + 8));
  EXPECT_FALSE(is_there(0));
}

TEST_F(RecordRingTest, ReleasedByGivesWhatAClaimWillRelease) {
  for (int i = 0; i < 8; ++i) append(500);
  EXPECT_EQ(ring.released_by(items, 64), 0U) << "reserved already";
  EXPECT_EQ(ring.released_by(items, 65), 1U);
  EXPECT_EQ(ring.released_by(items, 1000), 2U);
  EXPECT_EQ(ring.released_by(items, 65), 1U) << "asking changes nothing";
  EXPECT_TRUE(is_there(0));
  static_cast<void>(ring.claim(items, 1000));
  EXPECT_EQ(entries.reader().oldest(), 2U);
}

TEST_F(RecordRingTest, ManyEmptyRecordsAreLimitedByTheirEntriesAlone) {
  for (int i = 0; i < 2000; ++i) append(0);
  const IndexRange there = entries.reader().readable();
  EXPECT_EQ(there.end, 2000U);
  EXPECT_GE(there.size(), entry_slots.history);
  for (std::uint64_t index = there.begin; index < there.end; ++index) EXPECT_TRUE(is_there(index));
}

TEST_F(RecordRingTest, HistoryOfBytesStaysReadableAfterAnyRecord) {
  for (std::uint64_t turn = 0; turn < 5000; ++turn) {
    const std::size_t size = test::checked_size(turn, byte_slots.max_claim);
    static_cast<void>(ring.claim(items, size));
    const IndexRange there = entries.reader().readable();
    if (there.begin > 0) {
      ASSERT_FALSE(there.empty());
      const std::uint64_t held = bytes.reader().inserted() - entry(there.begin - 1).begin;
      const bool limited_by_count = items.inserted() - there.begin >= entry_slots.history;
      ASSERT_TRUE(held > byte_slots.history || limited_by_count) << turn;
    }
    append(size);
    if (turn % 16 == 0) {
      for (std::uint64_t index = entries.reader().oldest(); index < items.inserted(); ++index) {
        ASSERT_TRUE(is_there(index)) << index << " at " << turn;
      }
    }
  }
}

TEST_F(RecordRingTest, NextWriterContinuesAtTheCountersOfTheLast) {
  for (int i = 0; i < 20; ++i) append(500);
  const std::uint64_t oldest = entries.reader().oldest();
  static_cast<void>(ring.claim(items, 1000));  // and dies
  const std::uint64_t given_up = entries.reader().oldest();
  EXPECT_GT(given_up, oldest);
  items = entries.writer();
  ring = resumed();
  EXPECT_EQ(entries.reader().oldest(), given_up);
  append(8);
  EXPECT_EQ(entries.reader().oldest(), given_up) << "reserved already";
  for (int i = 0; i < 20; ++i) append(500);
  for (std::uint64_t index = entries.reader().oldest(); index < items.inserted(); ++index) {
    EXPECT_TRUE(is_there(index)) << index;
  }
}

TEST_F(RecordRingTest, BytesWithoutAnEntryBelongToNoRecord) {
  append(100);
  // The writer died between the two counts.
  bytes.counters.line.inserted = 104 + 64;
  bytes.counters.reserved = 104 + 64 + 64;
  ring = resumed();
  append(100);
  EXPECT_EQ(entry(1).begin, 168U);
  EXPECT_TRUE(is_there(0));
  EXPECT_TRUE(is_there(1));
}

TEST_F(RecordRingTest, EntryIsFollowedOnlyToPublishedBytes) {
  for (int i = 0; i < 20; ++i) append(500);
  const RingReader there = bytes.reader();
  const std::uint64_t inserted = there.inserted();
  EXPECT_TRUE(leads_to_bytes(entry(19), there));
  EXPECT_TRUE(leads_to_bytes({inserted, 0, 0}, there));
  EXPECT_TRUE(leads_to_bytes({inserted - 4096, 4096, 0}, there));
  EXPECT_FALSE(leads_to_bytes({inserted - 8, 9, 0}, there)) << "ends behind them";
  EXPECT_FALSE(leads_to_bytes({inserted + 8, 0, 0}, there));
  EXPECT_FALSE(leads_to_bytes({inserted - 4104, 8, 0}, there)) << "overwritten";
  EXPECT_FALSE(leads_to_bytes({inserted - 20, 8, 0}, there)) << "no place where a record begins";
  EXPECT_FALSE(leads_to_bytes({inserted - 8, UINT64_MAX, 0}, there));
  EXPECT_FALSE(leads_to_bytes({UINT64_MAX - 7, 16, 0}, there));
}

TEST(RecordCopy, CopiesExactlyTheBytesOfTheRecord) {
  RingMemory memory(byte_slots);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::vector<std::byte> record = test::checked_record(size, size);
    store_record(memory.data, record.data(), size);
    std::vector<std::byte> copy(size + 1, std::byte{0xaa});
    load_record(copy.data(), memory.data, size);
    EXPECT_EQ(std::equal(record.begin(), record.end(), copy.begin()), true) << size;
    EXPECT_EQ(copy[size], std::byte{0xaa}) << size;
  }
}

}  // namespace
}  // namespace shm::ring
