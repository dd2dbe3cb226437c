// SPDX-License-Identifier: Apache-2.0

// shm-file: the frames of the file are in the stream.
#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "sound_files.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;

class ShmFile : public ::testing::Test {
 protected:
  ShmFile() { std::filesystem::create_directory(files_); }

  [[nodiscard]] static ReaderOptions patient(std::string name = {}) {
    ReaderOptions options;
    options.name = std::move(name);
    options.wait_for_stream = 20s;
    return options;
  }

  [[nodiscard]] std::unique_ptr<Process> play(const std::filesystem::path& file,
                                              const std::vector<std::string>& more) {
    std::vector<std::string> argv{SHM_PROGRAM_shm_file, "song", file.string(), "--quiet"};
    argv.insert(argv.end(), more.begin(), more.end());
    return std::make_unique<Process>(argv);
  }

  /// Everything up to the end of the stream.
  static std::vector<std::byte> read_all(RawReader& reader, std::size_t chunk = 1000) {
    std::vector<std::byte> all;
    std::vector<std::byte> some(chunk * reader.item_bytes());
    for (;;) {
      const ReadResult result = reader.read(some, Amount::available, 20s);
      all.insert(all.end(), some.begin(),
                 some.begin() + static_cast<std::ptrdiff_t>(result.count * reader.item_bytes()));
      if (result.status != Status::ok) {
        EXPECT_EQ(result.status, Status::ended);
        return all;
      }
    }
  }

  TestDirectory directory_;
  std::filesystem::path files_ = directory_.path() / "files";
};

TEST_F(ShmFile, PlaysEveryFormatBitExactly) {
  for (const int format :
       {SF_FORMAT_WAV | SF_FORMAT_PCM_U8, SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_PCM_24,
        SF_FORMAT_WAV | SF_FORMAT_PCM_32, SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_WAV | SF_FORMAT_DOUBLE,
        SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_24,
        SF_FORMAT_AIFF | SF_FORMAT_PCM_24}) {
    SCOPED_TRACE(format);
    const MadeFile made = make_sound_file(files_, format, 44100, 2, 3333);
    const auto player = play(made.path, {"--wait-reader"});
    RawReader reader("song", Start::oldest(), patient());
    const auto audio = audio_format(reader.info());
    ASSERT_TRUE(audio);
    EXPECT_EQ(audio->sample, made.sample);
    EXPECT_EQ(audio->channels, 2U);
    EXPECT_EQ(audio->rate, 44100);
    reader.enter();
    EXPECT_EQ(read_all(reader), made.frames);
    EXPECT_EQ(player->wait().exit_code, 0);
    EXPECT_TRUE(list_streams().empty());
  }
}

TEST_F(ShmFile, PlaysARawFileAsItIs) {
  const std::vector<char> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // two frames and a rest
  std::ofstream(files_ / "raw", std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const auto player = play(
      files_ / "raw", {"--raw", "--rate", "8000", "--channels", "1", "--format", "s24_le", "--wait-reader"});
  RawReader reader("song", Start::oldest(), patient());
  EXPECT_EQ(audio_format(reader.info())->sample, SampleFormat::S24_LE);
  reader.enter();
  const auto all = read_all(reader);
  ASSERT_EQ(all.size(), 8U);
  EXPECT_EQ(all[7], std::byte{8});
}

TEST_F(ShmFile, LoopsWithoutASeam) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 1001);
  const auto player = play(made.path, {"--wait-reader", "--loop"});
  RawReader reader("song", Start::oldest(), patient());
  reader.enter();
  std::vector<std::byte> some(std::size_t{2} * 5000);
  ASSERT_EQ(reader.read(some, Amount::exactly, 20s).status, Status::ok);
  for (std::size_t i = 0; i < some.size(); ++i) ASSERT_EQ(some[i], made.frames[i % made.frames.size()]) << i;
  player->signal(SIGTERM);
  EXPECT_EQ(player->wait().exit_code, 0);
  EXPECT_TRUE(list_streams().empty());
}

TEST_F(ShmFile, PacesByAbsoluteDeadlines) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 24000);
  const auto player = play(made.path, {"--wait-reader"});
  RawReader reader("song", Start::oldest(), patient());
  Reader<CaptureMark> marks("song.marks", Start::oldest(), patient());
  const auto begin = std::chrono::steady_clock::now();
  reader.enter();
  EXPECT_EQ(read_all(reader), made.frames);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 480ms);
  const auto all = marks.slice({});
  ASSERT_EQ(all.size(), 50U);
  EXPECT_EQ(all[0].kind, CaptureMark::Kind::start);
  for (const CaptureMark& mark : all) {
    const auto since = mark.time_ns - all[0].time_ns;
    EXPECT_NEAR(static_cast<double>(since), static_cast<double>(mark.index) * 1e9 / 48000, 1.0);
    EXPECT_EQ(mark.frames, 480U);
  }
}

TEST_F(ShmFile, SpeedChangesTheClockAndNotTheHeader) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 48000);
  const auto player = play(made.path, {"--wait-reader", "--speed", "4"});
  RawReader reader("song", Start::oldest(), patient());
  Reader<CaptureMark> marks("song.marks", Start::oldest(), patient());
  EXPECT_EQ(reader.info().items.sample_rate, 48000);
  reader.enter();
  EXPECT_EQ(read_all(reader), made.frames);
  const auto all = marks.slice({});
  EXPECT_EQ(all.back().time_ns - all.front().time_ns, 247'500'000)
      << "99 of 100 blocks in a quarter of a second";
}

TEST_F(ShmFile, NeverOvertakesTheSlowestReaderWithAsFastAs) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 480'000);
  const auto player = play(made.path, {"--history", "0.1", "--as-fast-as", "slow,fast"});
  RawReader slow("song", Start::oldest(), patient("slow"));
  RawReader bystander("song", Start::oldest(), patient("bystander"));
  EXPECT_EQ(slow.inserted(), 0U) << "it waits for both";
  RawReader fast("song", Start::oldest(), patient("fast"));
  // The slow one reads when the fast one has had all it can have: 4800 frames ahead, never more.
  std::vector<std::byte> slow_all;
  std::vector<std::byte> fast_all;
  std::vector<std::byte> some(std::size_t{2} * 480);
  const auto take = [&](RawReader& reader, std::vector<std::byte>& all, Deadline deadline) {
    const ReadResult result = reader.read(some, Amount::available, deadline);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(result.count * 2));
    return result.status;
  };
  Status status = Status::ok;
  while (status == Status::ok) {
    status = take(slow, slow_all, 20s);
    while (take(fast, fast_all, Deadline::now()) == Status::ok) {
      ASSERT_LE(fast.cursor(), slow.cursor() + 4800);
    }
  }
  EXPECT_EQ(status, Status::ended);
  static_cast<void>(take(fast, fast_all, 20s));
  EXPECT_EQ(slow.lost_items(), 0U);
  EXPECT_EQ(slow_all, made.frames);
  EXPECT_EQ(fast_all, made.frames);
  EXPECT_EQ(bystander.cursor(), 0U) << "who is not named holds nobody back";
}

TEST_F(ShmFile, WaitsForTheGivenNumberOfReaders) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 96'000);
  const auto player = play(made.path, {"--as-fast-as", "all", "--wait-readers", "2"});
  RawReader first("song", Start::oldest(), patient());
  EXPECT_EQ(first.wait_for(1, 100ms), Status::timed_out);
  RawReader second("song", Start::oldest(), patient());
  EXPECT_EQ(read_all(first), made.frames);
  EXPECT_EQ(read_all(second), made.frames);
}

TEST_F(ShmFile, ContinuesIndicesAfterACrash) {
  const MadeFile made = make_sound_file(files_, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 1, 4800);
  auto player = play(made.path, {"--loop"});
  RawReader reader("song", Start::oldest(), patient());
  ASSERT_EQ(reader.wait_for(4800, 20s), Status::ok);
  player->signal(SIGKILL);
  ASSERT_EQ(player->wait().signal, SIGKILL);
  const Index before = reader.inserted();
  player = play(made.path, {});
  ASSERT_EQ(reader.wait_for(before + 4800, 20s), Status::ok);
  const auto begin = static_cast<std::int64_t>(before);
  EXPECT_EQ(reader.slice({begin, begin + 4800}), made.frames);
  EXPECT_EQ(player->wait().exit_code, 0);
}

}  // namespace
}  // namespace shm::test
