// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/recording_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "audio_stream.hpp"
#include "common/program.hpp"
#include "sound_reading.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::AudioFormat;
using shm::SampleFormat;
using shm::programs::FileError;
using shm::programs::make_recording;

/// Any bits, except that the fourth byte of S24_LE is that of a signed number, as devices give it.
std::vector<std::byte> samples_of(SampleFormat format, std::size_t count) {
  std::vector<std::byte> bytes = shm::test::noise(count * shm::sample_bytes(format));
  if (format == SampleFormat::S24_LE) {
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      bytes[i + 3] = (bytes[i + 2] & std::byte{0x80}) == std::byte{0} ? std::byte{0} : std::byte{0xff};
    }
  }
  return bytes;
}

struct Case {
  const char* extension;
  SampleFormat format;
};

class RecordingFileFormats : public ::testing::TestWithParam<Case> {};

TEST_P(RecordingFileFormats, ReadBackBitExactly) {
  const shm::test::TestDirectory directory;
  const std::string path = (directory.path() / ("take" + std::string(GetParam().extension))).string();
  const AudioFormat audio{GetParam().format, 3, 44100, ""};
  const std::vector<std::byte> frames = samples_of(audio.sample, 3 * 10000);
  const auto file = make_recording(path, audio, false);
  const std::size_t part = audio.frame_bytes() * 3333;
  file->write(std::span(frames).first(part));
  file->write(std::span(frames).subspan(part));
  EXPECT_EQ(file->frames(), 10000U);
  file->close();
  const auto sound = shm::test::read_sound(path, audio.sample);
  ASSERT_TRUE(sound.is_open) << sound.why;
  EXPECT_EQ(sound.frames, 10000);
  EXPECT_EQ(sound.channels, 3);
  EXPECT_EQ(sound.rate, 44100);
  EXPECT_EQ(sound.begins, std::string(GetParam().extension) == ".wav" ? "RIFF" : "fLaC");
  EXPECT_TRUE(sound.bytes == frames);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, RecordingFileFormats,
    ::testing::Values(Case{".wav", SampleFormat::U8}, Case{".wav", SampleFormat::S16_LE},
                      Case{".wav", SampleFormat::S24_3LE}, Case{".wav", SampleFormat::S24_LE},
                      Case{".wav", SampleFormat::S32_LE}, Case{".wav", SampleFormat::FLOAT_LE},
                      Case{".wav", SampleFormat::FLOAT64_LE}, Case{".flac", SampleFormat::U8},
                      Case{".flac", SampleFormat::S16_LE}, Case{".flac", SampleFormat::S24_3LE},
                      Case{".flac", SampleFormat::S24_LE}),
    [](const auto& test) {
      return std::string(test.param.extension).substr(1) + "_" +
             std::string(shm::to_string(test.param.format));
    });

TEST(RecordingFile, StoresRawFramesAsTheyAre) {
  const shm::test::TestDirectory directory;
  const std::string path = (directory.path() / "take.raw").string();
  const auto frames = shm::test::noise(3000);
  const auto file = make_recording(path, {SampleFormat::S24_3LE, 1, 8000, ""}, false);
  file->write(frames);
  EXPECT_EQ(file->frames(), 1000U);
  file->close();
  EXPECT_TRUE(shm::test::read_bytes(path) == frames);
}

TEST(RecordingFile, IsReadableBeforeItIsClosed) {
  const shm::test::TestDirectory directory;
  const std::string path = (directory.path() / "take.wav").string();
  const auto frames = shm::test::noise(4000);
  const auto file = make_recording(path, {SampleFormat::S16_LE, 2, 48000, ""}, false);
  EXPECT_EQ(shm::test::read_sound(path, SampleFormat::S16_LE).frames, 0);
  file->write(frames);
  const auto sound = shm::test::read_sound(path, SampleFormat::S16_LE);
  EXPECT_EQ(sound.frames, 1000);
  EXPECT_TRUE(sound.bytes == frames);
}

TEST(RecordingFile, RefusesFormatsThatFlacDoesNotHold) {
  const shm::test::TestDirectory directory;
  const std::string path = (directory.path() / "take.flac").string();
  for (const auto format : {SampleFormat::S32_LE, SampleFormat::FLOAT_LE, SampleFormat::FLOAT64_LE}) {
    EXPECT_THROW(static_cast<void>(make_recording(path, {format, 2, 48000, ""}, false)), FileError);
  }
  EXPECT_THROW(static_cast<void>(make_recording(path, {SampleFormat::S16_LE, 9, 48000, ""}, false)),
               FileError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RecordingFile, ReplacesAnExistingFileOnlyWithOverwrite) {
  const shm::test::TestDirectory directory;
  const std::string path = (directory.path() / "take.wav").string();
  std::ofstream(path) << "precious";
  const AudioFormat audio{SampleFormat::S16_LE, 1, 8000, ""};
  EXPECT_THROW(static_cast<void>(make_recording(path, audio, false)), FileError);
  EXPECT_EQ(shm::test::read_bytes(path).size(), 8U);
  make_recording(path, audio, true)->close();
  EXPECT_EQ(shm::test::read_sound(path, audio.sample).frames, 0);
}

TEST(RecordingFile, AcceptsKnownExtensionsInAnyCase) {
  const shm::test::TestDirectory directory;
  const AudioFormat audio{SampleFormat::S16_LE, 1, 8000, ""};
  EXPECT_NO_THROW(make_recording((directory.path() / "a.WAV").string(), audio, false)->close());
  EXPECT_THROW(static_cast<void>(make_recording((directory.path() / "a.mp3").string(), audio, false)),
               shm::programs::UsageError);
}

TEST(RecordingFile, ReportsAFullDisk) {
  for (const char* path : {"/dev/full"}) {
    std::string link =
        std::filesystem::temp_directory_path() / ("shm-full-" + std::to_string(::getpid()) + ".raw");
    std::filesystem::create_symlink(path, link);
    const auto file = make_recording(link, {SampleFormat::S16_LE, 1, 8000, ""}, true);
    EXPECT_THROW(file->write(shm::test::noise(100)), FileError);
    EXPECT_EQ(file->frames(), 0U);
    std::filesystem::remove(link);
  }
}

}  // namespace
