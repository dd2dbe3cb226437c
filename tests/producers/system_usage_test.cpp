// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "shm/storage/catalog.hpp"
#include "shm/stream/writer.hpp"
#include "system_fixture.hpp"

namespace shm::test {
namespace {

using programs::CpuUse;
using programs::LoadAverages;

class ShmSystemUsage : public ShmSystem {
 protected:
  void expect_refused(const std::vector<std::string>& arguments, int exit_code,
                      const std::string& words) const {
    const Finished finished = run(argv(arguments));
    EXPECT_EQ(finished.exit_code, exit_code) << words;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << "one sentence: " << finished.err;
    EXPECT_TRUE(finished.err.starts_with("shm-system: ")) << finished.err;
  }
  void expect_bad_file(const std::string& file, const std::string& words) const {
    expect_refused({"pc", "--proc", proc_.path()}, 1, (proc_.path() / file).string());
    expect_refused({"pc", "--proc", proc_.path()}, 1, words);
    EXPECT_TRUE(list_streams().empty()) << "nothing was made";
  }
};

TEST_F(ShmSystemUsage, ExitsWith2OnWrongUsage) {
  expect_refused({}, 2, "PREFIX");
  expect_refused({"pc", "more"}, 2, "more");
  for (const char* rate : {"0", "0.001", "1001", "-1", "nan", "fast"})
    expect_refused({"pc", "--rate", rate}, 2, "--rate");
  for (const char* names : {"disk", "cpu,disk", "cpu load", "CPU"})
    expect_refused({"pc", "--only", names}, 2, "--only");
  for (const char* count : {"0", "-1", "x", "18446744073709551616"})
    expect_refused({"pc", "--count", count}, 2, "--count");
  expect_refused({"pc", "--mode", "0444"}, 2, "--mode");
  expect_refused({"pc", "--history", "0"}, 2, "--history");
  expect_refused({"/pc"}, 2, "/pc/cpu");
  EXPECT_TRUE(list_streams().empty());
}

TEST_F(ShmSystemUsage, ExitsWith1IfTheDirectoryIsMissing) {
  expect_refused({"pc", "--proc", (directory_.path() / "nowhere").string()}, 1, "nowhere/stat");
  EXPECT_TRUE(list_streams().empty());
}

TEST_F(ShmSystemUsage, ExitsWith1IfAFileIsMissing) {
  std::filesystem::remove(proc_.path() / "net/dev");
  expect_bad_file("net/dev", "No such file");
}

TEST_F(ShmSystemUsage, ExitsWith1IfAFileIsDamaged) {
  proc_.write("loadavg", "");
  expect_bad_file("loadavg", "it is empty");
  proc_.write("loadavg", "0.1 0.2 0.3 1/2 3");
  expect_bad_file("loadavg", "middle of the line");
  proc_.write("loadavg", "0.1 0.2 0.3 1/2 3\n");
  proc_.write("stat", "cpu 1 2 3\n");
  expect_bad_file("stat", "fewer than 8");
  std::filesystem::remove(proc_.path() / "stat");
  std::filesystem::create_directory(proc_.path() / "stat");
  expect_bad_file("stat", "directory");
}

TEST_F(ShmSystemUsage, RefusesASecondProcessWithThePidOfTheFirst) {
  const auto first = start();
  auto network = attach<programs::NetworkTraffic>("pc/network");
  static_cast<void>(network());
  expect_refused({"pc", "--proc", proc_.path()}, 1, std::to_string(first->pid()));
  static_cast<void>(network());
  EXPECT_TRUE(first->running());
}

TEST_F(ShmSystemUsage, MakesAllStreamsOrNone) {
  const Writer<LoadAverages> taken("pc/load");
  expect_refused({"pc", "--persistent", "--proc", proc_.path()}, 1, "pc/load");
  EXPECT_EQ(list_streams(), std::vector<std::string>{"pc/load"});
}

TEST_F(ShmSystemUsage, LeavesAStreamOfALaterTimeAndNamesShmRm) {
  Writer<CpuUse> earlier_boot("pc/cpu",
                              {.history = 64, .timestamp = Timestamp::field("time_ns"), .persistent = true});
  CpuUse late;
  late.time_ns = std::numeric_limits<std::int64_t>::max() / 2;
  earlier_boot.append(late);
  earlier_boot.close();
  expect_refused({"pc", "--proc", proc_.path()}, 1, "shm rm pc/cpu");
  EXPECT_EQ(list_streams(), std::vector<std::string>{"pc/cpu"});
  EXPECT_EQ(attach<CpuUse>("pc/cpu")().time_ns, late.time_ns);
  remove_stream("pc/cpu");
  EXPECT_EQ(start({"--count", "1"})->wait().exit_code, 0);
}

TEST_F(ShmSystemUsage, PrintsHelpAndVersionOnStdout) {
  for (const char* option : {"--help", "--version"}) {
    const Finished finished = run(argv({option}));
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_FALSE(finished.out.empty());
  }
}

}  // namespace
}  // namespace shm::test
