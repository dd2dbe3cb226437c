// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "audio_stream.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using namespace shm::test;
using nlohmann::json;
using shm::CaptureMark;
using shm::SampleFormat;

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

class ShmMeter : public ::testing::Test {
 protected:
  static std::vector<std::string> command(const std::vector<std::string>& options) {
    std::vector<std::string> all{SHM_PROGRAM_shm_meter, "mic"};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }

  TestDirectory directory;
  shm::AudioFormat stereo{SampleFormat::S16_LE, 2, 48000, "test"};
};

TEST_F(ShmMeter, ReportsPeakRmsAndDelayOfASine) {
  AudioStream stream("mic", stereo);
  Process meter(command({"--json"}));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(sine(4800, 2, 0.5, 1000, 48000), CaptureMark::Kind::start);
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(sine(4800, 2, 0.5, 1000, 48000, 4800));
  stream.close();
  const Finished finished = meter.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto lines = lines_of(finished.out);
  ASSERT_GE(lines.size(), 2U);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const json& line = lines[i];
    ASSERT_EQ(line["peak"].size(), 2U);
    for (const std::size_t channel : {0U, 1U}) {
      EXPECT_NEAR(line["peak"][channel].get<double>(), -6.02, 0.1);
      EXPECT_NEAR(line["rms"][channel].get<double>(), -9.03, 0.1);
    }
    EXPECT_GE(line["delay_ms"].get<double>(), 0);
    EXPECT_LT(line["delay_ms"].get<double>(), 10000);
    EXPECT_GT(line["time"].get<double>(), 1.6e9);
    EXPECT_EQ(line["lost"], 0);
    EXPECT_EQ(line["gap"], 0);
  }
  EXPECT_EQ(lines[lines.size() - 2]["index"], 9599);
  const json& summary = lines.back()["summary"];
  EXPECT_EQ(summary["frames_read"], 9600);
  EXPECT_EQ(summary["frames_lost"], 0);
  EXPECT_EQ(summary["gaps"], 0);
  for (const char* percentile : {"p50", "p90", "p99"})
    EXPECT_GE(summary["delay_ms"][percentile].get<double>(), 0);
}

TEST_F(ShmMeter, MeasuresTheDelayFromTheMarks) {
  const std::string format = shm::frame_format(stereo);
  shm::RawWriter frames("mic", format, {.metadata = shm::audio_metadata(stereo), .sample_rate = 48000});
  shm::Writer<CaptureMark> marks("mic.marks");
  Process meter(command({"--json"}));
  ASSERT_TRUE(eventually([&] { return !frames.readers().empty(); }));
  // Captured five seconds ago, if one believes the mark.
  marks.append({0, 480, monotonic_ns() - 5'000'000'000, CaptureMark::Kind::start, CaptureMark::Reason::none});
  frames.append(noise(480 * 4));
  frames.close();
  const auto lines = lines_of(meter.wait().out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_GT(lines[0]["delay_ms"].get<double>(), 4990 - 10);
  EXPECT_LT(lines[0]["delay_ms"].get<double>(), 15000);
}

TEST_F(ShmMeter, ReportsGapsAndLosses) {
  AudioStream stream("mic", stereo, 4800);
  Process meter(command({"--json"}));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(noise(4 * 480));
  stream.gap(100, CaptureMark::Reason::overrun);
  stream.append(noise(4 * 380));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  meter.signal(SIGSTOP);
  stream.append(noise(4 * 100'000));
  meter.signal(SIGCONT);
  stream.close();
  const auto lines = lines_of(meter.wait().out);
  std::uint64_t gap = 0;
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    gap += lines[i]["gap"].get<std::uint64_t>();
    lost += lines[i]["lost"].get<std::uint64_t>();
  }
  const json& summary = lines.back()["summary"];
  EXPECT_EQ(gap, 100U);
  EXPECT_EQ(summary["gaps"], 1);
  EXPECT_EQ(summary["gap_frames"], 100);
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(summary["frames_lost"], lost);
  EXPECT_EQ(summary["frames_read"].get<std::uint64_t>() + lost, 960U + 100'000U);
}

TEST_F(ShmMeter, ReportsNoDelayWithoutMarks) {
  AudioStream stream("mic", stereo, 4800, false);
  Process meter(command({"--json"}));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(std::vector<std::byte>(4 * 480));
  stream.close();
  const auto lines = lines_of(meter.wait().out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0]["delay_ms"].is_null());
  EXPECT_TRUE(lines[0]["peak"][0].is_null());  // silence
  EXPECT_TRUE(lines[1]["summary"]["delay_ms"]["p50"].is_null());
}

TEST_F(ShmMeter, StopsAfterTheSeconds) {
  AudioStream stream("mic", stereo);
  const Finished finished = run(command({"--json", "--seconds", "0.1"}));
  EXPECT_EQ(finished.exit_code, 0);
  const auto lines = lines_of(finished.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["summary"]["frames_read"], 0);
  EXPECT_GE(lines[0]["summary"]["seconds"].get<double>(), 0.1);
}

TEST_F(ShmMeter, PrintsLinesOfTextWithoutATerminal) {
  AudioStream stream("mic", stereo);
  Process meter(command({"--interval", "0.01"}));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  stream.append(sine(4800, 2, 0.5, 1000, 48000));
  ASSERT_TRUE(eventually([&] {
    return meter.out().find("ch2 peak  -6.0 rms  -9.0 dBFS") != std::string::npos;
  })) << meter.out();
  meter.signal(SIGINT);
  const Finished finished = meter.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, ::testing::HasSubstr("4800 frames read, 0 lost"));
  EXPECT_THAT(finished.out, ::testing::Not(::testing::HasSubstr("\x1b")));
}

TEST_F(ShmMeter, WaitsForTheNextWriter) {
  auto stream = std::make_unique<AudioStream>("mic", stereo);
  Process meter(command({"--json"}));
  ASSERT_TRUE(eventually([&] { return stream->is_followed(); }));
  stream->append(noise(4 * 4800));
  ASSERT_TRUE(eventually([&] { return stream->is_followed(); }));
  stream->frames().detach();
  ASSERT_TRUE(eventually([&] { return meter.err().find("lost") != std::string::npos; }));
  AudioStream next("mic", stereo, 48000, false);
  next.append(noise(4 * 4800));
  ASSERT_TRUE(eventually([&] { return next.is_followed(); }));
  next.close();
  const Finished finished = meter.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(lines_of(finished.out).back()["summary"]["frames_read"], 9600);
}

}  // namespace
