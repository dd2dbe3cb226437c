// SPDX-License-Identifier: Apache-2.0
#include "common/gap_log.hpp"

#include <gtest/gtest.h>

namespace {

using shm::CaptureMark;
using shm::programs::Gap;
using shm::programs::GapLog;

CaptureMark gap(shm::Index index, std::uint64_t frames) {
  return {index, frames, 0, CaptureMark::Kind::gap, CaptureMark::Reason::overrun};
}

TEST(GapLog, CutsGapsToTheGivenFrames) {
  GapLog log;
  log.add(gap(10, 10));
  log.add(gap(50, 5));
  const auto found = log.within({15, 52});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].frames, (shm::IndexRange{15, 20}));
  EXPECT_EQ(found[1].frames, (shm::IndexRange{50, 52}));
  EXPECT_EQ(found[0].reason, CaptureMark::Reason::overrun);
  EXPECT_EQ(shm::programs::frames_of(found), 7U);
  EXPECT_TRUE(log.within({20, 50}).empty());
}

TEST(GapLog, IgnoresOtherMarks) {
  GapLog log;
  log.add({0, 100, 0, CaptureMark::Kind::block, CaptureMark::Reason::none});
  log.add({0, 100, 0, CaptureMark::Kind::start, CaptureMark::Reason::restart});
  log.add(gap(0, 0));
  EXPECT_TRUE(log.within({0, 100}).empty());
}

TEST(GapLog, CountsEachGapOnceByItsBegin) {
  GapLog log;
  log.add(gap(10, 20));
  EXPECT_EQ(log.count_beginning_in({0, 15}), 1U);
  EXPECT_EQ(log.count_beginning_in({15, 40}), 0U);
}

TEST(GapLog, ForgetsGapsBeforeAFrame) {
  GapLog log;
  log.add(gap(10, 10));
  log.add(gap(15, 10));
  log.forget_before(20);
  EXPECT_EQ(log.within({0, 100}).size(), 1U);
}

}  // namespace
