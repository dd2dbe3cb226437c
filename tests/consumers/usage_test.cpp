// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::test::Finished;

const std::string command = SHM_PROGRAM_shm;
const std::string recorder = SHM_PROGRAM_shm_record;
const std::string meter = SHM_PROGRAM_shm_meter;

TEST(ProgramUsage, ExitsWith2AndOneSentenceOnWrongUsage) {
  const shm::test::TestDirectory directory;
  const std::vector<std::vector<std::string>> wrong{
      {command},
      {command, "fly"},
      {command, "cat"},
      {command, "cat", "x", "--from", "yesterday"},
      {command, "cat", "x", "--format", "xml"},
      {command, "cat", "x", "--format", "raw", "--index"},
      {command, "cat", "x", "-n", "0"},
      {command, "cat", "x", "--wait", "-1"},
      {command, "info"},
      {command, "hz"},
      {command, "hz", "x", "--every", "often"},
      {command, "hz", "x", "-n", "0"},
      {command, "top", "--sort", "up"},
      {command, "top", "--interval", "0"},
      {command, "doctor", "nurse"},
      {command, "rm"},
      {command, "ls", "extra"},
      {recorder},
      {recorder, "mic"},
      {recorder, "mic", "take.wav", "--seconds", "soon"},
      {recorder, "mic", "take.wav", "--frobnicate"},
      {meter},
      {meter, "mic", "--interval", "-1"},
  };
  for (const auto& arguments : wrong) {
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    const Finished finished = shm::test::run(arguments);
    EXPECT_EQ(finished.exit_code, 2) << line;
    EXPECT_EQ(finished.out, "") << line;
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << line << finished.err;
    EXPECT_NE(finished.err.find("--help"), std::string::npos) << line << finished.err;
  }
}

TEST(ProgramUsage, PrintsHelpOnStdout) {
  const std::vector<std::vector<std::string>> asked{
      {command, "--help"},           {command, "ls", "--help"},  {command, "info", "--help"},
      {command, "cat", "--help"},    {command, "rm", "--help"},  {command, "gc", "--help"},
      {command, "hz", "--help"},     {command, "top", "--help"}, {recorder, "--help"},
      {command, "doctor", "--help"}, {meter, "--help"},
  };
  for (const auto& arguments : asked) {
    const Finished finished = shm::test::run(arguments);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_NE(finished.out.find("Usage:"), std::string::npos) << finished.out;
    EXPECT_EQ(finished.err, "");
  }
}

TEST(ProgramUsage, PrintsTheVersionOnStdout) {
  for (const std::string& program : {command, recorder, meter}) {
    const Finished finished = shm::test::run({program, "--version"});
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_NE(finished.out.find("0.1"), std::string::npos) << finished.out;
  }
}

TEST(ProgramUsage, FailsOnAMissingStreamAndNamesTheWaitOption) {
  const shm::test::TestDirectory directory;
  const std::string file = (directory.path() / "take.wav").string();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {command, "cat", "mic"}, {recorder, "mic", file}, {meter, "mic"}}) {
    const Finished finished = shm::test::run(arguments);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_NE(finished.err.find("there is no stream 'mic'"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("--wait"), std::string::npos) << finished.err;
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ProgramUsage, FailsOnAStreamThatIsNotAudio) {
  const shm::test::TestDirectory directory;
  shm::Writer<double> out("temperature");
  const std::string file = (directory.path() / "take.wav").string();
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{recorder, "temperature", file}, {meter, "temperature"}}) {
    const Finished finished = shm::test::run(arguments);
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_NE(finished.err.find("not one of audio"), std::string::npos) << finished.err;
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ProgramUsage, TakesTheDirectoryAsAnOption) {
  const shm::test::TestDirectory directory;
  shm::Writer<int> out("numbers");
  out.append(3);
  const std::string path = directory.path().string();
  EXPECT_EQ(shm::test::run({command, "cat", "numbers", "--directory", path}, {"LIBSHM_DIR=/nonexistent"}).out,
            "3\n");
}

}  // namespace
