// SPDX-License-Identifier: Apache-2.0

// Messages and files of the recorder for frames that it lost, or that its producer lost.
#include <gmock/gmock.h>

#include "record_fixture.hpp"

namespace {

using namespace shm::test;
using shm::CaptureMark;
using shm::SampleFormat;

class ShmRecordLosses : public ShmRecord {
 protected:
  static constexpr std::size_t first_part = 24000;
  static constexpr std::size_t flood = 400'000;

  /// The recorder is stopped while far more than the ring holds goes by.
  Finished record_with_loss(const std::vector<std::string>& options) {
    AudioStream stream("mic", stereo, 48000);
    Process recorder(command("mic", file("a.wav"), options));
    EXPECT_TRUE(eventually([&] { return stream.is_followed(); }));
    before = noise(4 * first_part, 1);
    stream.append(before);
    EXPECT_TRUE(eventually([&] { return stream.is_followed(); }));
    recorder.signal(SIGSTOP);
    after = noise(4 * flood, 2);
    stream.append(after);
    recorder.signal(SIGCONT);
    stream.close();
    return recorder.wait();
  }

  std::vector<std::byte> before;
  std::vector<std::byte> after;
};

TEST_F(ShmRecordLosses, FillsLostFramesWithSilenceAndReportsThem) {
  const Finished finished = record_with_loss({});
  EXPECT_EQ(finished.exit_code, 0);
  const auto summary = summary_of(finished);
  ASSERT_EQ(summary["lost"].size(), 1U) << finished.err;
  const std::size_t begin = summary["lost"][0]["begin"];
  const std::size_t end = summary["lost"][0]["end"];
  EXPECT_EQ(begin, first_part);
  EXPECT_EQ(summary["lost_frames"], end - begin);
  EXPECT_EQ(summary["filled_frames"], end - begin);
  EXPECT_EQ(summary["frames"], first_part + flood);
  EXPECT_EQ(summary["end_index"], first_part + flood);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("lost frames " + std::to_string(begin) + " to " +
                                                 std::to_string(end - 1)));
  EXPECT_THAT(finished.err, ::testing::HasSubstr("silence in the file"));

  const auto sound = read_sound(file("a.wav"), SampleFormat::S16_LE);
  std::vector<std::byte> expected = concat(before, std::vector<std::byte>(4 * (end - begin)));
  expected.insert(expected.end(), after.begin() + static_cast<std::ptrdiff_t>(4 * (end - first_part)),
                  after.end());
  EXPECT_TRUE(sound.bytes == expected);
}

TEST_F(ShmRecordLosses, LeavesLostFramesOutWithNoFill) {
  const Finished finished = record_with_loss({"--no-fill"});
  const auto summary = summary_of(finished);
  ASSERT_EQ(summary["lost"].size(), 1U);
  const std::size_t end = summary["lost"][0]["end"];
  EXPECT_EQ(summary["filled_frames"], 0);
  EXPECT_EQ(summary["frames"], first_part + flood - (end - first_part));
  EXPECT_THAT(finished.err, ::testing::HasSubstr("left out of the file"));
  std::vector<std::byte> expected = before;
  expected.insert(expected.end(), after.begin() + static_cast<std::ptrdiff_t>(4 * (end - first_part)),
                  after.end());
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == expected);
}

TEST_F(ShmRecord, FillsUnsignedSamplesWithTheirMiddle) {
  const shm::AudioFormat audio{SampleFormat::U8, 1, 8000, ""};
  AudioStream stream("mic", audio, 8000);
  Process recorder(command("mic", file("a.raw")));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(noise(2000));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  recorder.signal(SIGSTOP);
  stream.append(noise(100'000));
  recorder.signal(SIGCONT);
  stream.close();
  ASSERT_EQ(recorder.wait().exit_code, 0);
  const auto bytes = read_bytes(file("a.raw"));
  ASSERT_EQ(bytes.size(), 102'000U);
  EXPECT_EQ(bytes[2000], std::byte{0x80});
  EXPECT_EQ(bytes[50'000], std::byte{0x80});
}

TEST_F(ShmRecord, ListsTheProducersGapsInTheSummary) {
  AudioStream stream("mic", stereo);
  stream.append(noise(4 * 100), CaptureMark::Kind::start);
  stream.gap(50, CaptureMark::Reason::overrun);
  stream.append(noise(4 * 100));
  stream.gap(500, CaptureMark::Reason::stall);
  stream.append(noise(4 * 50), CaptureMark::Kind::start, CaptureMark::Reason::restart);
  // From the middle of the first gap to the middle of the second.
  const Finished finished = run(command("mic", file("a.wav"), {"--from", "125", "--frames", "225"}));
  const auto summary = summary_of(finished);
  EXPECT_EQ(summary["gaps"], nlohmann::json::parse(R"([{"begin":125,"end":150,"reason":"overrun"},
                                                       {"begin":250,"end":350,"reason":"stall"}])"));
  EXPECT_EQ(summary["gap_frames"], 125);
  EXPECT_EQ(summary["resumed"], nlohmann::json::array());
  EXPECT_EQ(summary["has_marks"], true);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("2 gaps told by the producer (125 frames, silence)"));

  const auto all = summary_of(run(command("mic", file("b.wav"), {"--from", "0", "--frames", "800"})));
  EXPECT_EQ(all["gap_frames"], 550);
  EXPECT_EQ(all["resumed"], nlohmann::json::parse(R"([{"index":750,"reason":"restart"}])"));
}

TEST_F(ShmRecord, ReportsThatThereAreNoMarks) {
  AudioStream stream("mic", stereo, 48000, false);
  stream.append(noise(400));
  const Finished finished = run(command("mic", file("a.wav"), {"--from", "oldest", "--frames", "100"}));
  EXPECT_EQ(summary_of(finished)["has_marks"], false);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("no marks"));
}

}  // namespace
