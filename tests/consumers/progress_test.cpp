// SPDX-License-Identifier: Apache-2.0
#include "common/progress.hpp"

#include <gtest/gtest.h>

namespace {

using shm::programs::progress_text;

TEST(ProgressText, ShowsAllThatIsKnown) {
  EXPECT_EQ(progress_text(12'345, 1'200'000, 45'000, 0), "12345 items  1.2 MB  45.0 k items/s");
  EXPECT_EQ(progress_text(250, 1000, 100, 1000), "250 items  1.0 kB  100 items/s  25 %  7.50 s left");
  EXPECT_EQ(progress_text(1000, 1000, 100, 1000), "1000 items  1.0 kB  100 items/s  100 %  0 s left");
}

TEST(ProgressText, OmitsUnknownTotalsAndRates) {
  EXPECT_EQ(progress_text(0, 0, 0, 1000), "0 items  0 B  0 items/s  0 %");  // nothing comes
  EXPECT_EQ(progress_text(2, 10, 1, 1), "2 items  10 B  1 items/s");        // more than there were
}

}  // namespace
