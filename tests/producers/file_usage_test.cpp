// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "shm/storage/catalog.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {
namespace {

class ShmFileUsage : public ::testing::Test {
 protected:
  ShmFileUsage() {
    std::filesystem::create_directory(directory_.path() / "files");
    std::ofstream(path("empty")).flush();
    std::ofstream(path("text")) << "this is no sound";
  }
  [[nodiscard]] std::string path(const std::string& file) const { return directory_.path() / "files" / file; }

  static void expect_refused(const std::vector<std::string>& arguments, int exit_code,
                             const std::string& words) {
    std::vector<std::string> argv{SHM_PROGRAM_shm_file};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Finished finished = run(argv);
    EXPECT_EQ(finished.exit_code, exit_code) << words;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << "one sentence: " << finished.err;
    EXPECT_TRUE(finished.err.starts_with("shm-file: ")) << finished.err;
    EXPECT_TRUE(list_streams().empty());
  }

  TestDirectory directory_;
};

constexpr const char* speech = "/usr/share/sounds/alsa/Front_Center.wav";

TEST_F(ShmFileUsage, ExitsWith2OnWrongUsage) {
  expect_refused({}, 2, "STREAM");
  expect_refused({"song"}, 2, "FILE");
  expect_refused({"song", speech, "--speed", "0"}, 2, "--speed");
  expect_refused({"song", speech, "--loop", "--once"}, 2, "--loop");
  expect_refused({"song", speech, "--as-fast-as", "all", "--speed", "2"}, 2, "--speed");
  expect_refused({"song", speech, "--wait-readers", "2"}, 2, "--as-fast-as");
  expect_refused({"song", speech, "--as-fast-as", ","}, 2, "--as-fast-as");
  expect_refused({"song", speech, "--rate", "8000"}, 2, "--raw");
  expect_refused({"song", path("text"), "--raw", "--rate", "8000"}, 2, "--channels");
  expect_refused({"/song", speech}, 2, "/song");
}

TEST_F(ShmFileUsage, ExitsWith1IfTheFileCannotBePlayed) {
  expect_refused({"song", path("missing")}, 1, "No such file");
  expect_refused({"song", directory_.path()}, 1, "directory");
  expect_refused({"song", path("text")}, 1, "cannot play");
  expect_refused({"song", path("empty")}, 1, "cannot play");
  expect_refused({"song", path("empty"), "--raw", "--rate", "8000", "--channels", "2", "--format", "S16_LE"},
                 1, "no whole frame");
}

TEST_F(ShmFileUsage, RefusesASecondWriterWithThePidOfTheFirst) {
  Process first({SHM_PROGRAM_shm_file, "song", speech, "--loop"});
  ASSERT_TRUE(eventually([] { return list_streams().size() == 2; }));
  const Finished second = run({SHM_PROGRAM_shm_file, "song", speech});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find(std::to_string(first.pid())), std::string::npos) << second.err;
  EXPECT_TRUE(first.running());
}

TEST_F(ShmFileUsage, PrintsHelpAndVersionOnStdout) {
  for (const char* option : {"--help", "--version"}) {
    const Finished finished = run({SHM_PROGRAM_shm_file, option});
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_FALSE(finished.out.empty());
  }
}

}  // namespace
}  // namespace shm::test
