// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;
using ::testing::HasSubstr;

Finished doctor(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "doctor"});
  return shm::test::run(arguments);
}

std::string level_of(const json& report, const std::string& check) {
  for (const json& one : report["checks"]) {
    if (one["check"] == check) return one["level"];
  }
  return "nothing";
}

TEST(ShmDoctor, FindsNoProblemIfStreamsWork) {
  const shm::test::TestDirectory directory;
  shm::Writer<int> out("a");
  const Finished finished = doctor({"--json"});
  const json report = json::parse(finished.out);
  EXPECT_EQ(report["directory"], directory.path().string());
  for (const char* check : {"directory", "streams", "leftovers", "posix_fallocate", "OFD locks"}) {
    EXPECT_EQ(level_of(report, check), "ok") << finished.out;
  }
  // This machine may be out of memory; otherwise there is no problem.
  EXPECT_EQ(finished.exit_code, report["problems"] == 0 ? 0 : 1);
  const Finished text = doctor();
  EXPECT_EQ(text.exit_code, finished.exit_code);
  EXPECT_THAT(text.out, HasSubstr("ok       streams"));
  EXPECT_THAT(text.out, HasSubstr(" problems, "));
}

TEST(ShmDoctor, FailsOnAProblemWithAdvice) {
  const shm::test::TestDirectory directory;
  std::ofstream(directory.path() / "bad.stream") << "this is no stream";
  const Finished finished = doctor();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.err, "");
  EXPECT_THAT(finished.out, HasSubstr("problem  streams"));
  EXPECT_THAT(finished.out, HasSubstr("-> if nobody needs it: shm rm bad --directory "));
  EXPECT_THAT(finished.out, HasSubstr("1 problem, "));
}

TEST(ShmDoctor, ReportsAPathThatIsNotADirectoryOnce) {
  const shm::test::TestDirectory directory;
  std::ofstream(directory.path() / "file") << "no directory";
  const Finished finished = doctor({"--json", "--directory", directory.path() / "file"});
  EXPECT_EQ(finished.exit_code, 1);
  const json report = json::parse(finished.out);
  EXPECT_EQ(report["problems"], 1);
  EXPECT_EQ(level_of(report, "directory"), "problem");
  EXPECT_EQ(level_of(report, "streams"), "nothing");
}

}  // namespace
