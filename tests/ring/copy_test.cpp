// SPDX-License-Identifier: Apache-2.0

// The copies into and out of a ring: every byte and no other, for all sizes of item and copy.
#include "shm/ring/copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace shm::ring {
namespace {

constexpr std::size_t around = 64;
constexpr std::byte untouched{0xee};

std::byte pattern(std::size_t i) { return static_cast<std::byte>(i * 7 + i / 256 + 1); }

struct Memory {
  explicit Memory(std::size_t bytes) : all(bytes + 2 * around + 64, untouched) {
    const auto address = reinterpret_cast<std::uintptr_t>(all.data());
    at = all.data() + around + (64 - address % 64);
  }
  [[nodiscard]] bool is_untouched_around(std::size_t bytes) const {
    return std::all_of(all.data(), static_cast<const std::byte*>(at),
                       [](std::byte b) { return b == untouched; }) &&
           std::all_of(static_cast<const std::byte*>(at) + bytes, all.data() + all.size(),
                       [](std::byte b) { return b == untouched; });
  }
  std::vector<std::byte> all;
  std::byte* at;
};

void copies(std::size_t item_bytes, std::size_t items) {
  SCOPED_TRACE(testing::Message() << items << " items of " << item_bytes << " bytes");
  const std::size_t bytes = item_bytes * items;
  std::vector<std::byte> from(bytes);
  for (std::size_t i = 0; i < bytes; ++i) from[i] = pattern(i);
  Memory shared(bytes);
  store_items(shared.at, from.data(), bytes, item_bytes);
  ASSERT_TRUE(std::equal(from.begin(), from.end(), shared.at));
  ASSERT_TRUE(shared.is_untouched_around(bytes));
  Memory own(bytes + 1);
  load_items(own.at + 1, shared.at, bytes, item_bytes);  // our own side may lie anywhere
  ASSERT_TRUE(std::equal(from.begin(), from.end(), own.at + 1));
  ASSERT_EQ(*own.at, untouched);
  ASSERT_TRUE(own.is_untouched_around(bytes + 1));
}

TEST(RingCopy, CopiesEveryByteAndNoOther) {
  for (const std::size_t item_bytes :
       {1U, 2U, 3U, 4U, 6U, 8U, 12U, 16U, 24U, 40U, 48U, 56U, 100U, 127U, 128U, 1000U}) {
    for (const std::size_t items : {1U, 2U, 3U, 5U, 8U, 17U, 43U}) copies(item_bytes, items);
  }
}

template <std::size_t Bytes>
void copies_one() {
  std::vector<std::byte> from(Bytes);
  for (std::size_t i = 0; i < Bytes; ++i) from[i] = pattern(i);
  Memory shared(Bytes);
  store_item<Bytes>(shared.at, from.data());
  EXPECT_TRUE(std::equal(from.begin(), from.end(), shared.at)) << Bytes;
  EXPECT_TRUE(shared.is_untouched_around(Bytes)) << Bytes;
  Memory own(Bytes);
  load_item<Bytes>(own.at, shared.at);
  EXPECT_TRUE(std::equal(from.begin(), from.end(), own.at)) << Bytes;
  EXPECT_TRUE(own.is_untouched_around(Bytes)) << Bytes;
}

template <std::size_t... Sizes>
void copy_one_of_each(std::index_sequence<Sizes...>) {
  (copies_one<Sizes + 1>(), ...);
}

TEST(RingCopy, CopiesOneItemOfAnySizeThatTheCompilerKnows) {
  copy_one_of_each(std::make_index_sequence<130>());
  copies_one<1000>();
}

TEST(RingCopy, MovesEachByteInTheSameUnitForAnyNumberOfItems) {
  EXPECT_EQ(unit_of(1), 1U);
  EXPECT_EQ(unit_of(3), 1U);
  EXPECT_EQ(unit_of(6), 2U);
  EXPECT_EQ(unit_of(12), 4U);
  EXPECT_EQ(unit_of(8), 8U);
  EXPECT_EQ(unit_of(24), 8U);
  EXPECT_EQ(unit_of(4096), 8U);
}

}  // namespace
}  // namespace shm::ring
