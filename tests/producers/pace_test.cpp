// SPDX-License-Identifier: Apache-2.0
#include "producers/file/pace.hpp"

#include <gtest/gtest.h>

namespace shm::programs {
namespace {

ReaderInfo at(Index cursor) {
  ReaderInfo reader;
  reader.cursor = cursor;
  return reader;
}

TEST(OvertakingLimit, IsOneHistoryBeyondTheSlowestReader) {
  EXPECT_EQ(overtaking_limit({at(700), at(500), at(900)}, 1000, 800), 1300U);
}

TEST(OvertakingLimit, IsNeverBelowWhatWasWritten) { EXPECT_EQ(overtaking_limit({at(0)}, 1000, 800), 1000U); }

TEST(OvertakingLimit, IgnoresReadersThatWaitFarAhead) {
  EXPECT_EQ(overtaking_limit({at(UINT64_MAX - 5)}, 1000, 800), UINT64_MAX);
}

}  // namespace
}  // namespace shm::programs
