#include "consumers/common/text.hpp"

#include <gtest/gtest.h>

namespace {

using namespace shm::consumers;

TEST(Text, OfBytesHasAUnit) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1500), "1.5 kB");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(bytes_text(4'480'000'112), "4.5 GB");
}

TEST(Text, OfATimeCountsHoursOn) {
  EXPECT_EQ(clock_text(0), "00:00:00");
  EXPECT_EQ(clock_text(3661.9), "01:01:01");
  EXPECT_EQ(clock_text(360000), "100:00:00");
}

TEST(Text, OfACountKnowsThePlural) {
  EXPECT_EQ(count_text(1, "frame"), "1 frame");
  EXPECT_EQ(count_text(0, "frame"), "0 frames");
}

}  // namespace
