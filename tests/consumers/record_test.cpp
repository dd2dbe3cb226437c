// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <fstream>

#include "record_fixture.hpp"
#include "shm/source/demand.hpp"
#include "shm/stream/raw_writer.hpp"
#include "shm/time/clock.hpp"
#include "shm/time/time_text.hpp"

namespace {

using namespace shm::test;
using shm::CaptureMark;
using shm::SampleFormat;

TEST_F(ShmRecord, IsBitExactForEveryFormatAndContainer) {
  for (const char* extension : {".wav", ".raw", ".flac"}) {
    for (const auto format : {SampleFormat::U8, SampleFormat::S16_LE, SampleFormat::S24_3LE,
                              SampleFormat::S32_LE, SampleFormat::FLOAT_LE, SampleFormat::FLOAT64_LE}) {
      const bool flac = std::string(extension) == ".flac";
      if (flac && shm::sample_bytes(format) > 3) continue;
      const std::string name = "mic-" + std::string(shm::to_string(format));
      const shm::AudioFormat audio{format, 2, 44100, ""};
      AudioStream stream(name, audio, 20000);
      const auto frames = noise(10000 * audio.frame_bytes());
      stream.append(frames);
      const std::string path = file(name + extension);
      const Finished finished = run(command(name, path, {"--from", "oldest", "--frames", "10000"}));
      ASSERT_EQ(finished.exit_code, 0) << finished.err;
      const auto recorded =
          std::string(extension) == ".raw" ? read_bytes(path) : read_sound(path, format).bytes;
      EXPECT_TRUE(recorded == frames) << name << extension;
      const auto summary = summary_of(finished);
      EXPECT_EQ(summary["frames"], 10000);
      EXPECT_EQ(summary["first_index"], 0);
      EXPECT_EQ(summary["end_index"], 10000);
      EXPECT_EQ(summary["reason"], "limit");
      EXPECT_EQ(summary["lost"], nlohmann::json::array());
    }
  }
}

TEST_F(ShmRecord, BeginsAtTheNextFrameAndEndsWithTheStream) {
  AudioStream stream("mic", stereo);
  stream.append(noise(4000, 1));
  Process recorder(command("mic", file("a.wav")));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  const auto expected = noise(40000, 2);
  stream.append(expected);
  stream.close();
  const Finished finished = recorder.wait();
  EXPECT_EQ(finished.exit_code, 0);
  const auto summary = summary_of(finished);
  EXPECT_EQ(summary["first_index"], 1000);
  EXPECT_EQ(summary["frames"], 10000);
  EXPECT_EQ(summary["reason"], "ended");
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == expected);
  EXPECT_EQ(read_sound(file("a.wav"), SampleFormat::S16_LE).begins, "RIFF");
  EXPECT_THAT(finished.err, ::testing::HasSubstr("nothing lost"));
}

/// A broadcast extension, or a comment, with the moment at which the first recorded frame was captured.
TEST_F(ShmRecord, StoresTheTimeOfTheFirstFrameInTheFile) {
  shm::RawWriter stream("mic", shm::frame_format(stereo),
                        {.history = 48000,
                         .metadata = shm::audio_metadata(stereo),
                         .sample_rate = stereo.rate,
                         .ledger = shm::LedgerOptions{}});
  const auto frames = noise(8000 * stereo.frame_bytes());
  const std::int64_t captured = shm::now_ns(CLOCK_MONOTONIC);
  stream.append(frames, shm::Stamp::first(captured));
  const std::int64_t realtime = shm::convert_ns(captured, CLOCK_MONOTONIC, CLOCK_REALTIME);
  for (const char* name : {"a.wav", "a.flac", "a.raw"}) {
    const Finished finished = run(command("mic", file(name), {"--from", "4000", "--frames", "4000"}));
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    const auto expected = realtime + std::llround(4000 / stereo.rate * 1e9);
    const auto began = summary_of(finished)["began_ns"].get<std::int64_t>();
    EXPECT_NEAR(static_cast<double>(began), static_cast<double>(expected), 1e6) << name;
    EXPECT_THAT(finished.err, ::testing::HasSubstr("began at " + shm::iso_time(began)));
    if (std::string(name) == "a.raw") continue;
    const SoundRead sound = read_sound(file(name), SampleFormat::S16_LE);
    EXPECT_TRUE(sound.bytes == std::vector(frames.begin() + 4000 * 4, frames.end())) << name;
    EXPECT_EQ(sound.began, shm::iso_time(began).substr(0, sound.began.size())) << name;
    EXPECT_GE(sound.began.size(), 19U) << name;
  }
}

TEST_F(ShmRecord, HasNoBeginTimeWithoutALedger) {
  AudioStream stream("mic", stereo);
  stream.append(noise(4000, 1));
  const Finished finished = run(command("mic", file("a.wav"), {"--from", "oldest", "--frames", "1000"}));
  EXPECT_TRUE(summary_of(finished)["began"].is_null());
  EXPECT_EQ(read_sound(file("a.wav"), SampleFormat::S16_LE).began, "");
}

TEST_F(ShmRecord, KeepsRecordedFramesWhenItIsStopped) {
  AudioStream stream("mic", stereo);
  Process recorder(command("mic", file("a.wav")));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  const auto frames = noise(400);  // less than it waits for
  stream.append(frames);
  recorder.signal(SIGINT);
  const Finished finished = recorder.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(summary_of(finished)["reason"], "stopped");
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == frames);
}

TEST_F(ShmRecord, StopsAfterTheGivenSecondsOfSound) {
  AudioStream stream("mic", stereo);
  stream.append(noise(48000 * 4));
  const auto summary =
      summary_of(run(command("mic", file("a.wav"), {"--from", "oldest", "--seconds", "0.25"})));
  EXPECT_EQ(summary["frames"], 12000);
  EXPECT_EQ(summary["seconds"], 0.25);
}

TEST_F(ShmRecord, BeginsAtTheGivenFrameOrReportsThatItIsOverwritten) {
  AudioStream stream("mic", stereo, 4096);
  const auto frames = noise(4 * 100'000);
  stream.append(frames);
  const Finished gone = run(command("mic", file("a.wav"), {"--from", "5"}));
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_THAT(gone.err, ::testing::HasSubstr("frame 5 of 'mic' is gone"));
  EXPECT_FALSE(std::filesystem::exists(file("a.wav")));
  ASSERT_EQ(run(command("mic", file("b.wav"), {"--from", "99000", "--frames", "1000"})).exit_code, 0);
  EXPECT_TRUE(read_sound(file("b.wav"), SampleFormat::S16_LE).bytes ==
              std::vector<std::byte>(frames.end() - 4000, frames.end()));
}

TEST_F(ShmRecord, RefusesAnExistingFileWithoutOverwrite) {
  AudioStream stream("mic", stereo);
  stream.append(noise(4000));
  std::ofstream(file("a.wav")) << "precious";
  const Finished refused = run(command("mic", file("a.wav"), {"--from", "oldest", "--frames", "10"}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, ::testing::HasSubstr("--overwrite"));
  EXPECT_EQ(read_bytes(file("a.wav")).size(), 8U);
  EXPECT_EQ(
      run(command("mic", file("a.wav"), {"--from", "oldest", "--frames", "10", "--overwrite"})).exit_code, 0);
  EXPECT_EQ(read_sound(file("a.wav"), SampleFormat::S16_LE).frames, 10);
}

TEST_F(ShmRecord, RefusesAnUnknownExtension) {
  AudioStream stream("mic", stereo);
  const Finished finished = run(command("mic", file("a.mp3")));
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, ::testing::HasSubstr(".wav, .flac or .raw"));
}

TEST_F(ShmRecord, RecordsTheHistoryOfAnEndedStream) {
  const auto frames = noise(4000);
  shm::RawWriter finished(
      "mic", shm::frame_format(stereo),
      {.metadata = shm::audio_metadata(stereo), .sample_rate = 48000, .persistent = true});
  finished.append(frames);
  finished.close();
  const Finished recorded = run(command("mic", file("a.wav"), {"--from", "oldest"}));
  EXPECT_EQ(recorded.exit_code, 0) << recorded.err;
  EXPECT_EQ(summary_of(recorded)["reason"], "ended");
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == frames);
}

TEST_F(ShmRecord, EntersTheSourceAndExitsAtTheEnd) {
  AudioStream stream("mic", stereo);
  shm::Demand demand(stream.frames());
  Process recorder(command("mic", file("a.wav"), {"--frames", "100"}));
  ASSERT_TRUE(eventually([&] { return demand.wait(std::chrono::milliseconds(10)); }));
  demand.started();
  ASSERT_TRUE(eventually([&] { return demand.wanted() && stream.is_followed(); }));
  stream.append(noise(4 * 200));
  ASSERT_TRUE(eventually([&] { return !demand.wait(std::chrono::milliseconds(10)); }));
  demand.stopped();
  EXPECT_EQ(recorder.wait().exit_code, 0);
}

TEST_F(ShmRecord, KeepsAnExistingFileIfTheSourceDoesNotStart) {
  AudioStream stream("mic", stereo);
  shm::Demand demand(stream.frames());
  std::ofstream(file("a.wav")) << "precious";
  Process recorder(command("mic", file("a.wav"), {"--overwrite"}));
  ASSERT_TRUE(eventually([&] { return demand.wait(std::chrono::milliseconds(10)); }));
  demand.failed("the device is gone");
  const Finished finished = recorder.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("the device is gone"));
  EXPECT_EQ(read_bytes(file("a.wav")).size(), 8U);
}

TEST_F(ShmRecord, EndsWithAMessageIfAnotherTypeTakesTheName) {
  AudioStream stream("mic", stereo);
  Process recorder(command("mic", file("a.wav")));
  ASSERT_TRUE(eventually([&] { return stream.is_followed(); }));
  const auto frames = noise(4000);
  stream.append(frames);
  stream.frames().detach();
  AudioStream other("mic", {SampleFormat::S32_LE, 1, 8000, ""}, 48000, false);
  const Finished finished = recorder.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("replaced by a stream of another type"));
  EXPECT_EQ(summary_of(finished)["reason"], "replaced");
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == frames);
}

TEST_F(ShmRecord, ContinuesWithAReplacementThatContinuesTheIndices) {
  auto stream = std::make_unique<AudioStream>("mic", stereo, 10000, false);
  Process recorder(command("mic", file("a.wav"), {"--frames", "2000"}));
  ASSERT_TRUE(eventually([&] { return stream->is_followed(); }));
  const auto first = noise(4000, 1);
  stream->append(first);
  stream->frames().detach();
  AudioStream longer("mic", stereo, 90000, false);
  const auto second = noise(4000, 2);
  longer.append(second);
  const Finished finished = recorder.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes == concat(first, second)) << finished.err;
}

}  // namespace
