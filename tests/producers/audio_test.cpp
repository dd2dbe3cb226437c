// SPDX-License-Identifier: Apache-2.0
#include "shm/audio/audio.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>

#include "common/audio_stream.hpp"
#include "shm/format/item_format.hpp"

namespace shm {
namespace {

StreamInfo info_of(const AudioFormat& audio) {
  StreamInfo info;
  info.items.format = frame_format(audio);
  info.items.item_bytes = audio.frame_bytes();
  info.items.sample_rate = audio.rate;
  info.metadata = audio_metadata(audio);
  return info;
}

TEST(AudioFormat, SurvivesTheHeader) {
  for (const char* name : {"U8", "S16_LE", "S24_3LE", "S24_LE", "S32_LE", "FLOAT_LE", "FLOAT64_LE"}) {
    for (const unsigned channels : {1U, 2U, 8U}) {
      const AudioFormat audio{sample_format(name).value(), channels, 44100, "hw:CARD=PCH,DEV=0"};
      const auto found = audio_format(info_of(audio));
      ASSERT_TRUE(found) << name;
      EXPECT_EQ(found->sample, audio.sample);
      EXPECT_EQ(found->channels, channels);
      EXPECT_EQ(found->rate, 44100);
      EXPECT_EQ(found->device, audio.device);
      EXPECT_EQ(ItemFormat(frame_format(audio)).item_bytes(), audio.frame_bytes()) << name;
    }
  }
}

TEST(AudioFormat, HasTheFrameFormatsOfTheContract) {
  EXPECT_EQ(frame_format({SampleFormat::S16_LE, 2, 48000, ""}), "(2)<h");
  EXPECT_EQ(frame_format({SampleFormat::S16_LE, 1, 48000, ""}), "(1)<h");
  EXPECT_EQ(frame_format({SampleFormat::S24_3LE, 2, 48000, ""}), "(2,3)<B");
}

TEST(AudioFormat, AcceptsFormatNamesInAnyCase) {
  EXPECT_EQ(sample_format("s16_le"), SampleFormat::S16_LE);
  EXPECT_EQ(sample_format("S16_BE"), std::nullopt);
  EXPECT_EQ(sample_format(""), std::nullopt);
}

TEST(AudioFormat, IsEmptyForHostileMetadata) {
  StreamInfo info = info_of({SampleFormat::S16_LE, 2, 48000, "x"});
  const std::string deep = std::string(500'000, '[');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("null"), std::string("[]"), std::string("{\"audio\":7}"),
        std::string(R"({"audio":{"sample_format":3,"channels":2}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE","channels":-2}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE","channels":2.5}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE","channels":0}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE","channels":18446744073709551615}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE","channels":1e400}})"),
        std::string(R"({"audio":{"sample_format":"S16_LE"}})"), std::string("\xff\xfe\x00", 3), deep}) {
    info.metadata = text;
    EXPECT_EQ(audio_format(info), std::nullopt) << text.substr(0, 80);
  }
}

TEST(AudioFormat, IsEmptyForAContradictoryHeader) {
  const StreamInfo right = info_of({SampleFormat::S16_LE, 2, 48000, "x"});
  ASSERT_TRUE(audio_format(right));
  StreamInfo wrong = right;
  wrong.items.item_bytes = 8;
  EXPECT_FALSE(audio_format(wrong));
  wrong = right;
  wrong.items.format = "<i";
  EXPECT_FALSE(audio_format(wrong));
  wrong.items.format = "no format";
  EXPECT_FALSE(audio_format(wrong));
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    wrong = right;
    wrong.items.sample_rate = rate;
    EXPECT_FALSE(audio_format(wrong));
  }
}

TEST(AudioFormat, MakesJsonOfADeviceNameThatIsNotUtf8) {
  const StreamInfo info = info_of({SampleFormat::S16_LE, 1, 8000, "mic\xff\"\n"});
  EXPECT_TRUE(audio_format(info));
}

template <class T>
double value_of(SampleFormat format, T sample) {
  std::array<std::byte, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &sample, sizeof sample);
  return sample_value(format, bytes.data());
}

TEST(AudioFormat, SampleValuesReachFromMinusOneToOne) {
  EXPECT_EQ(value_of<std::uint8_t>(SampleFormat::U8, 128), 0);
  EXPECT_EQ(value_of<std::uint8_t>(SampleFormat::U8, 0), -1);
  EXPECT_EQ(value_of<std::int16_t>(SampleFormat::S16_LE, -32768), -1);
  EXPECT_EQ(value_of<std::int16_t>(SampleFormat::S16_LE, 16384), 0.5);
  EXPECT_EQ(value_of<std::int32_t>(SampleFormat::S32_LE, INT32_MIN), -1);
  EXPECT_EQ(value_of(SampleFormat::FLOAT_LE, 0.25F), 0.25);
  EXPECT_EQ(value_of(SampleFormat::FLOAT64_LE, -0.125), -0.125);
  EXPECT_EQ(value_of<std::int32_t>(SampleFormat::S24_LE, 0x00800000), -1);
  EXPECT_EQ(value_of<std::int32_t>(SampleFormat::S24_LE, 0x7f400000), 0.5) << "the fourth byte says nothing";
  const std::array packed{std::byte{0}, std::byte{0}, std::byte{0xc0}};
  EXPECT_EQ(sample_value(SampleFormat::S24_3LE, packed.data()), -0.5);
}

TEST(AudioFormat, SilenceIsZeroInEveryFormat) {
  for (const char* name : {"U8", "S16_LE", "S24_3LE", "S24_LE", "S32_LE", "FLOAT_LE", "FLOAT64_LE"}) {
    std::array<std::byte, 8> sample{};
    sample.fill(std::byte{0x55});
    programs::fill_silence(sample_format(name).value(), sample);
    EXPECT_EQ(sample_value(sample_format(name).value(), sample.data()), 0) << name;
  }
}

}  // namespace
}  // namespace shm
