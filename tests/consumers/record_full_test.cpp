// SPDX-License-Identifier: Apache-2.0

// A disk that is full: a small file system in a mount name space of the test's own.
#include <gmock/gmock.h>
#include <unistd.h>

#include "record_fixture.hpp"

namespace {

using namespace shm::test;
using shm::SampleFormat;

class ShmRecordFullDisk : public ShmRecord, public ::testing::WithParamInterface<const char*> {};

TEST_P(ShmRecordFullDisk, FailsWithAMessageAndLeavesAReadableFile) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  if (run({"unshare", "--mount", "true"}).exit_code != 0) GTEST_SKIP() << "no mount name spaces here";
  const std::string mounted = file("small");
  const std::string name = std::string("take") + GetParam();
  std::filesystem::create_directory(mounted);
  AudioStream stream("mic", stereo, 200'000);
  const auto frames = noise(4 * 200'000);
  stream.append(frames);
  const std::string recorder = std::string(SHM_PROGRAM_shm_record) + " mic " + mounted + "/" + name +
                               " --json --from oldest --frames 200000";
  const std::string script = "mount -t tmpfs -o size=256k tmpfs " + mounted + " || exit 77; " + recorder +
                             "; code=$?; cp " + mounted + "/" + name + " " + file(name) + "; exit $code";
  const Finished finished = run({"unshare", "--mount", "bash", "-c", script});
  if (finished.exit_code == 77) GTEST_SKIP() << "cannot mount here: " << finished.err;
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, ::testing::HasSubstr("No space left on device"));
  const auto summary = summary_of(finished);
  EXPECT_EQ(summary["reason"], "write_failed");

  const bool raw = std::string(GetParam()) == ".raw";
  const SoundRead sound = raw ? SoundRead{} : read_sound(file(name), SampleFormat::S16_LE);
  const auto bytes = raw ? read_bytes(file(name)) : sound.bytes;
  EXPECT_TRUE(raw || sound.is_open) << sound.why;
  EXPECT_GT(bytes.size(), 200'000U);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), frames.begin()));
  if (std::string(GetParam()) != ".flac") {
    EXPECT_EQ(summary["frames"], bytes.size() / 4);
    EXPECT_EQ(summary["end_index"], bytes.size() / 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Containers, ShmRecordFullDisk, ::testing::Values(".wav", ".flac", ".raw"),
                         [](const auto& test) { return std::string(test.param).substr(1); });

}  // namespace
