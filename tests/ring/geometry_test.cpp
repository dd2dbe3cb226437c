// SPDX-License-Identifier: Apache-2.0

// The sizes of a ring, from the options of a stream.
#include <gtest/gtest.h>

#include <bit>

#include "shm/ring/geometry.hpp"

namespace shm::ring {
namespace {

TEST(RingGeometry, CapacityHoldsHistoryClaimAndReserveInWholePages) {
  for (const std::uint64_t item :
       {1U, 2U, 3U, 4U, 6U, 8U, 12U, 48U, 49U, 100U, 4095U, 4096U, 4097U, 65536U, 100'000U}) {
    for (const std::uint64_t history : {1U, 2U, 7U, 64U, 1000U, 4096U}) {
      for (const std::uint64_t claim : {1U, 5U, 128U, 5000U}) {
        const Geometry g = geometry_for(item, history, claim);
        SCOPED_TRACE(testing::Message() << item << " bytes, " << history << ", " << claim);
        ASSERT_TRUE(std::has_single_bit(g.capacity));
        ASSERT_EQ(g.data_bytes() % layout::page_bytes, 0U);
        ASSERT_GE(g.capacity, history + claim + g.ahead);
        ASSERT_EQ(g.history, history);
        ASSERT_EQ(g.max_claim, claim);
        ASSERT_EQ(g.item_bytes, item);
        ASSERT_EQ(g.first_index, 0U);
      }
    }
  }
}

TEST(RingGeometry, CapacityIsTheSmallestPowerOfTwoThatFits) {
  const Geometry g = geometry_for(4096, 60, 4);
  EXPECT_EQ(g.ahead, 4U);
  EXPECT_EQ(g.capacity, 128U);
  EXPECT_EQ(geometry_for(4096, 56, 4).capacity, 64U);
}

TEST(RingGeometry, CapacityFillsLargerPages) {
  EXPECT_EQ(geometry_for(1, 1, 1, 65536).data_bytes() % 65536, 0U);
  EXPECT_EQ(geometry_for(12, 1, 1, 65536).data_bytes() % 65536, 0U);
}

TEST(RingGeometry, ReserveAheadIsSomeTensOfSmallItemsAndFewLargeOnes) {
  EXPECT_EQ(ahead_for(1), 64U);
  EXPECT_EQ(ahead_for(256), 64U);
  EXPECT_EQ(ahead_for(1024), 16U);
  EXPECT_EQ(ahead_for(16384), 1U);
  EXPECT_EQ(ahead_for(16385), 0U);
}

}  // namespace
}  // namespace shm::ring
