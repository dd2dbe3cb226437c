// SPDX-License-Identifier: Apache-2.0
#include "common/marks_follower.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::CaptureMark;
using shm::programs::MarksFollower;

shm::StreamInfo frames_made_at(std::int64_t monotonic_ns) {
  shm::StreamInfo info;
  info.name = "mic";
  info.clock.realtime_minus_clock_ns = 1'000'000;
  info.file.created_realtime_ns = monotonic_ns + info.clock.realtime_minus_clock_ns;
  return info;
}

TEST(MarksFollower, DatesAFrameByTheMarkBeforeIt) {
  const shm::test::TestDirectory directory;
  shm::Writer<CaptureMark> writer("mic.marks");
  writer.append({100, 10, 1'000'000'000});
  writer.append({110, 10, 2'000'000'000});
  MarksFollower marks(frames_made_at(0), "");
  marks.poll();
  EXPECT_EQ(marks.time_of(100, 1000), 1'000'000'000);
  EXPECT_EQ(marks.time_of(109, 1000), 1'009'000'000);
  EXPECT_EQ(marks.time_of(110, 1000), 2'000'000'000);
  EXPECT_FALSE(marks.time_of(99, 1000).has_value());
}

TEST(MarksFollower, WorksWithoutMarksAndFindsThemLater) {
  const shm::test::TestDirectory directory;
  MarksFollower marks(frames_made_at(0), "");
  marks.poll();
  EXPECT_FALSE(marks.is_attached());
  shm::Writer<CaptureMark> writer("mic.marks");
  writer.append({5, 1, 77});
  EXPECT_TRUE(shm::test::eventually([&] {
    marks.poll();
    return marks.time_of(5, 1000) == 77;
  }));
}

TEST(MarksFollower, ReportsEachMarkOnceAcrossAReplacedStreamOfMarks) {
  const shm::test::TestDirectory directory;
  std::optional<shm::Writer<CaptureMark>> writer(std::in_place, "mic.marks",
                                                 shm::StreamOptions{.history = 64});
  writer->append({0, 10, 1});
  writer->append({10, 10, 2});
  MarksFollower marks(frames_made_at(0), "");
  std::vector<shm::Index> seen;
  const auto poll = [&] {
    marks.poll({.mark = [&](const CaptureMark& mark) { seen.push_back(mark.index); }, .anew = {}});
  };
  poll();
  writer->detach();
  writer.emplace("mic.marks", shm::StreamOptions{.history = 1000});
  writer->append({20, 10, 3});
  EXPECT_TRUE(shm::test::eventually([&] {
    poll();
    return seen.size() >= 3;
  }));
  EXPECT_EQ(seen, (std::vector<shm::Index>{0, 10, 20}));
}

TEST(MarksFollower, ForgetsTheMarksOfAnEarlierStreamOfTheSameName) {
  const shm::test::TestDirectory directory;
  shm::Writer<CaptureMark> writer("mic.marks");
  writer.append({100, 10, 10'000});
  MarksFollower marks(frames_made_at(20'000), "");
  marks.poll();
  writer.append({0, 10, 21'000});
  bool anew = false;
  marks.poll({.mark = {}, .anew = [&] { anew = true; }});
  EXPECT_TRUE(anew);
  EXPECT_EQ(marks.time_of(0, 1000), 21'000);
  EXPECT_EQ(marks.time_of(100, 1e9), 21'100);
}

TEST(MarksFollower, IgnoresTheMarksOfALaterStream) {
  const shm::test::TestDirectory directory;
  shm::Writer<CaptureMark> writer("mic.marks");
  writer.append({100, 10, 21'000});
  writer.append({0, 10, 30'000});
  writer.append({200, 10, 31'000});
  MarksFollower marks(frames_made_at(20'000), "");
  std::vector<shm::Index> seen;
  marks.poll({.mark = [&](const CaptureMark& mark) { seen.push_back(mark.index); }, .anew = {}});
  EXPECT_EQ(seen, std::vector<shm::Index>{100});
}

TEST(MarksFollower, CountsLostMarks) {
  const shm::test::TestDirectory directory;
  shm::Writer<CaptureMark> writer("mic.marks", {.history = 16});
  MarksFollower marks(frames_made_at(0), "");
  for (shm::Index i = 0; i < 5000; ++i) writer.append({i, 1, 0});
  marks.poll();
  EXPECT_GT(marks.lost(), 0U);
}

}  // namespace
