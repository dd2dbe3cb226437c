// SPDX-License-Identifier: Apache-2.0

// The recorder dies, and the producer dies.
#include <gmock/gmock.h>

#include <unistd.h>

#include <fstream>

#include "record_fixture.hpp"

namespace {

using namespace shm::test;
using shm::CaptureMark;
using shm::SampleFormat;

class ShmRecordKilled : public ShmRecord {
 protected:
  /// Kills the recorder after it has read this many frames, and reads what it left.
  SoundRead killed_after(std::size_t frames, const std::string& path) {
    AudioStream stream("mic", stereo);
    Process recorder(command("mic", path));
    EXPECT_TRUE(eventually([&] { return stream.is_followed(); }));
    written = noise(4 * frames);
    stream.append(written);
    EXPECT_TRUE(eventually([&] { return stream.is_followed(); }));
    // It reads on only after it has written what it read before.
    stream.append(noise(4));
    EXPECT_TRUE(eventually([&] { return stream.is_followed(); }));
    recorder.signal(SIGKILL);
    EXPECT_EQ(recorder.wait().signal, SIGKILL);
    return read_sound(path, SampleFormat::S16_LE);
  }

  std::vector<std::byte> written;
};

TEST_F(ShmRecordKilled, LeavesAReadableWavWithAllFramesThatWereWritten) {
  const SoundRead sound = killed_after(24000, file("a.wav"));
  ASSERT_TRUE(sound.is_open) << sound.why;
  EXPECT_EQ(sound.begins, "RIFF");
  EXPECT_EQ(sound.channels, 2);
  EXPECT_EQ(sound.rate, 48000);
  EXPECT_GE(sound.frames, 24000);
  ASSERT_EQ(sound.bytes.size(), static_cast<std::size_t>(sound.frames) * 4);
  EXPECT_TRUE(std::equal(written.begin(), written.end(), sound.bytes.begin()));
}

TEST_F(ShmRecordKilled, LeavesAFlacThatLacksAtMostItsLastBlock) {
  const SoundRead sound = killed_after(24000, file("a.flac"));
  ASSERT_TRUE(sound.is_open) << sound.why;
  const std::size_t frames = sound.bytes.size() / 4;
  EXPECT_GE(frames, 24000U - 4096U);
  ASSERT_LE(frames, 24001U);
  EXPECT_TRUE(std::equal(
      sound.bytes.begin(),
      sound.bytes.begin() + 4 * std::min<std::ptrdiff_t>(24000, static_cast<std::ptrdiff_t>(frames)),
      written.begin()));
}

TEST_F(ShmRecordKilled, LeavesAllOfARawFile) {
  static_cast<void>(killed_after(24000, file("a.raw")));
  const auto bytes = read_bytes(file("a.raw"));
  ASSERT_GE(bytes.size(), written.size());
  EXPECT_TRUE(std::equal(written.begin(), written.end(), bytes.begin()));
}

/// A producer in a process of its own, that waits to be followed, appends, and waits to be killed.
int produce(const shm::AudioFormat& audio, unsigned seed, const std::string& sign) {
  AudioStream stream("mic", audio);
  if (!eventually([&] { return stream.is_followed(); })) return 1;
  stream.append(noise(4 * 10000, seed), CaptureMark::Kind::start, CaptureMark::Reason::restart);
  if (!eventually([&] { return stream.is_followed(); })) return 1;
  std::ofstream(sign) << "done";
  for (;;) ::pause();
}

TEST_F(ShmRecord, ContinuesAcrossTheRestartOfTheProducer) {
  std::unique_ptr<Process> recorder;
  for (const unsigned round : {1U, 2U, 3U}) {
    const std::string sign = file("sign" + std::to_string(round));
    Process producer([&] { return produce(stereo, round, sign); });
    if (!recorder) recorder = std::make_unique<Process>(command("mic", file("a.wav"), {"--wait", "20"}));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(sign); })) << recorder->err();
    producer.signal(SIGKILL);
    ASSERT_EQ(producer.wait().signal, SIGKILL);
    const std::string expected = "lost (";
    ASSERT_TRUE(eventually([&] {
      std::size_t times = 0;
      const std::string text = recorder->err();
      for (std::size_t at = 0; (at = text.find(expected, at)) != std::string::npos; ++at) ++times;
      return times == round;
    })) << recorder->err();
  }
  recorder->signal(SIGTERM);
  const Finished finished = recorder->wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_TRUE(read_sound(file("a.wav"), SampleFormat::S16_LE).bytes ==
              concat(concat(noise(40000, 1), noise(40000, 2)), noise(40000, 3)));
  const auto summary = summary_of(finished);
  EXPECT_EQ(summary["frames"], 30000);
  EXPECT_EQ(summary["lost"], nlohmann::json::array());
  EXPECT_EQ(summary["resumed"], nlohmann::json::parse(R"([{"index":10000,"reason":"restart"},
                                                          {"index":20000,"reason":"restart"}])"));
}

}  // namespace
