// SPDX-License-Identifier: Apache-2.0

// The card as any capture program sees it.
#include <sndfile.h>

#include <chrono>
#include <memory>

#include "simulated_card/card_clock.hpp"
#include "simulated_card/card_test_support.hpp"

namespace simulated_card {
namespace {

std::vector<std::byte> samples_of(const std::filesystem::path& wav) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(wav.c_str(), SFM_READ, &info), sf_close);
  if (!file) throw std::runtime_error("not recorded: " + wav.string());
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.frames * info.channels) * 2);
  sf_readf_short(file.get(), reinterpret_cast<short*>(bytes.data()), info.frames);
  return bytes;
}

TEST_F(SimulatedCardTest, ArecordRecordsTheRecordingBitForBitFromWhereTheTruthSays) {
  const auto wav = directory.path() / "out.wav";
  Child arecord({"arecord", "-q", "-D", card.pcm_name(), "-f", "S16_LE", "-r", "48000", "-c", "1", "-s",
                 "24000", wav.string()});
  ASSERT_EQ(arecord.wait(), 0);
  const std::vector<std::byte> got = samples_of(wav);
  const auto delivered = truth_of("delivered");
  ASSERT_EQ(delivered.size(), 1U);
  const std::int64_t from = delivered[0]["from"];
  EXPECT_EQ(from, truth_of("start").at(0)["world"]);
  // arecord reads whole periods and drops what exceeds -s.
  EXPECT_GE(delivered[0]["to"].get<std::int64_t>() - from, 24000);
  ASSERT_EQ(got.size(), 2U * 24000U);
  EXPECT_EQ(got, recording.frames(from, 24000));
}

TEST_F(SimulatedCardTest, ArecordRecordsThroughMmapToo) {
  const auto wav = directory.path() / "out.wav";
  Child arecord({"arecord", "-q", "-M", "-D", card.pcm_name(), "-f", "S16_LE", "-r", "48000", "-c", "1", "-s",
                 "12000", wav.string()});
  ASSERT_EQ(arecord.wait(), 0);
  EXPECT_EQ(samples_of(wav), recording.frames(truth_of("delivered").at(0)["from"], 12000));
}

TEST_F(SimulatedCardTest, StartsAtTheFrameOfTheClock) {
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  const auto start = truth_of("start").at(0);
  const CardClock clock{card.epoch_ns(), 48000};
  EXPECT_EQ(start["world"], clock.world_frame_at(start["ns"]));
}

TEST_F(SimulatedCardTest, PlaysTheRecordingInAnEndlessLoop) {
  const std::int64_t before_the_end = recording.length() - 1000;
  const std::int64_t epoch = monotonic_now() - before_the_end * kNsPerSecond / 48000;
  SimulatedCard looping(directory.path() / "looping", kSpeech, {.name = "looping", .epoch_ns = epoch});
  ::setenv("ALSA_CONFIG_PATH", looping.config_path().c_str(), 1);
  snd_config_update_free_global();
  Capture capture(looping.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  ASSERT_EQ(capture.read(2000), 0);
  const Progress progress = looping.progress();
  EXPECT_EQ(looping.epoch_ns(), epoch);
  EXPECT_GE(progress.delivered.from, before_the_end);
  EXPECT_EQ(capture.bytes, recording.frames(progress.delivered.from, progress.delivered.frames()));
}

TEST_F(SimulatedCardTest, WorldContinuesBetweenOpens) {
  {
    Capture first(card.pcm_name());
    ASSERT_EQ(first.start(), 0);
    ASSERT_EQ(first.read(480), 0);
  }
  const std::int64_t closed_at = monotonic_now();
  Capture second(card.pcm_name());
  ASSERT_EQ(second.start(), 0);
  ASSERT_EQ(second.read(480), 0);
  const CardClock clock{card.epoch_ns(), 48000};
  EXPECT_GE(card.progress().delivered.from, clock.world_frame_at(closed_at));
  EXPECT_EQ(second.bytes,
            recording.frames(card.progress().delivered.from, card.progress().delivered.frames()));
}

TEST_F(SimulatedCardTest, LogsAtTheNextOpenWhatAKilledProgramReceived) {
  {
    Child arecord(
        {"arecord", "-q", "-D", card.pcm_name(), "-f", "S16_LE", "-r", "48000", "-c", "1", "/dev/null"});
    while (card.progress().delivered.frames() < 9600) std::this_thread::yield();
    arecord.kill();
  }
  const Progress last = card.progress();
  EXPECT_TRUE(truth_of("delivered").empty());
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.open_error, 0);
  ASSERT_EQ(capture.start(), 0);
  const auto delivered = truth_of("delivered");
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(delivered[0]["cause"], "killed");
  EXPECT_EQ(delivered[0]["from"], last.delivered.from);
  EXPECT_EQ(delivered[0]["to"], last.delivered.to);
  EXPECT_EQ(truth_of("died").size(), 1U);
  EXPECT_GE(card.progress().delivered.from, last.delivered.to);
}

TEST_F(SimulatedCardTest, WaitsForStartIfTheStartThresholdIsAboveTheBuffer) {
  Capture capture(card.pcm_name(), 16, 64);
  ASSERT_EQ(snd_pcm_prepare(capture.pcm), 0);
  EXPECT_EQ(capture.read_some(), -EAGAIN);
  EXPECT_EQ(snd_pcm_wait(capture.pcm, 20), 0);  // far longer than the buffer
  EXPECT_EQ(capture.state(), SND_PCM_STATE_PREPARED);
  EXPECT_TRUE(truth_of("start").empty());
}

TEST_F(SimulatedCardTest, WakesAPollAfterAPeriodAndNotBefore) {
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(snd_pcm_wait(capture.pcm, 10'000), 1);
    EXPECT_GE(snd_pcm_avail_update(capture.pcm), 240);
    while (capture.read_some() > 0) {
    }
  }
}

TEST_F(SimulatedCardTest, DatesTheNextFrameInItsStatus) {
  Capture capture(card.pcm_name());
  ASSERT_EQ(capture.start(), 0);
  const CardClock clock{card.epoch_ns(), 48000};
  std::int64_t best_error =
      kNsPerSecond;  // the best of some: between status and timestamp anything may be scheduled
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(snd_pcm_wait(capture.pcm, 10'000), 1);
    snd_pcm_status_t* status = nullptr;
    snd_pcm_status_alloca(&status);
    ASSERT_EQ(snd_pcm_status(capture.pcm, status), 0);
    snd_htimestamp_t stamp{};
    snd_pcm_status_get_htstamp(status, &stamp);
    const std::int64_t delay = snd_pcm_status_get_delay(status);
    EXPECT_GE(delay, 240);
    const std::int64_t first = stamp.tv_sec * kNsPerSecond + stamp.tv_nsec - delay * kNsPerSecond / 48000;
    const std::int64_t error = first - clock.time_of(card.progress().delivered.to);
    best_error = std::min(best_error, error < 0 ? -error : error);
    ASSERT_GT(capture.read_some(), 0);
  }
  EXPECT_LT(best_error, 2 * kNsPerSecond / 48000);
}

TEST_F(SimulatedCardTest, IsBusyForASecondProgram) {
  Capture first(card.pcm_name());
  EXPECT_EQ(Capture(card.pcm_name()).open_error, -EBUSY);
  first.close();
  EXPECT_EQ(Capture(card.pcm_name()).open_error, 0);
}

TEST_F(SimulatedCardTest, ConvertsFormatsThroughPlug) {
  Child arecord({"arecord", "-q", "-D", "plug:" + card.pcm_name(), "-f", "S32_LE", "-r", "16000", "-c", "2",
                 "-s", "1600", (directory.path() / "out.wav").string()});
  EXPECT_EQ(arecord.wait(), 0);
  EXPECT_EQ(truth_of("delivered").size(), 1U);
}

TEST_F(SimulatedCardTest, RefusesAnythingButItsOwnRateAndFormat) {
  snd_pcm_t* pcm = nullptr;
  ASSERT_EQ(snd_pcm_open(&pcm, card.pcm_name().c_str(), SND_PCM_STREAM_CAPTURE, 0), 0);
  snd_pcm_hw_params_t* hw = nullptr;
  snd_pcm_hw_params_alloca(&hw);
  ASSERT_GE(snd_pcm_hw_params_any(pcm, hw), 0);
  EXPECT_NE(snd_pcm_hw_params_test_rate(pcm, hw, 44100, 0), 0);
  EXPECT_NE(snd_pcm_hw_params_test_channels(pcm, hw, 2), 0);
  EXPECT_NE(snd_pcm_hw_params_test_format(pcm, hw, SND_PCM_FORMAT_FLOAT_LE), 0);
  EXPECT_EQ(snd_pcm_hw_params_test_rate(pcm, hw, 48000, 0), 0);
  snd_pcm_close(pcm);
}

}  // namespace
}  // namespace simulated_card
