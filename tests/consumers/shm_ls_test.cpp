// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;

Finished ls(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "ls"});
  return shm::test::run(arguments);
}

TEST(ShmLs, PrintsNothingForAnEmptyDirectory) {
  const shm::test::TestDirectory directory;
  EXPECT_EQ(ls().out, "");
  EXPECT_EQ(json::parse(ls({"--json"}).out), json::array());
  EXPECT_EQ(json::parse(ls({"--json", "--directory", "/nonexistent/libshm"}).out), json::array());
}

TEST(ShmLs, ShowsItemTypeCountsWriterAndReaders) {
  const shm::test::TestDirectory directory;
  shm::Writer<std::array<std::int16_t, 2>> live("lab/mic", {.history = 100, .sample_rate = 48000});
  live.append({1, 2});
  const shm::Reader<std::array<std::int16_t, 2>> reader("lab/mic", shm::Start::oldest());
  shm::Writer<double> left("old");
  left.detach();
  const Finished finished = ls({"--json"});
  EXPECT_EQ(finished.exit_code, 0);
  const json streams = json::parse(finished.out);
  ASSERT_EQ(streams.size(), 2U);
  const json& mic = streams[0];
  EXPECT_EQ(mic["name"], "lab/mic");
  EXPECT_EQ(mic["format"], "(2)<h");
  EXPECT_EQ(mic["item_bytes"], 4);
  EXPECT_EQ(mic["inserted"], 1);
  EXPECT_EQ(mic["history"], 100);
  EXPECT_EQ(mic["sample_rate"], 48000.0);
  EXPECT_EQ(mic["writer"]["state"], "live");
  EXPECT_EQ(mic["writer"]["pid"], ::getpid());
  EXPECT_EQ(mic["readers"], 1);
  EXPECT_EQ(mic["owner"]["uid"], ::geteuid());
  EXPECT_EQ(streams[1]["writer"]["state"], "lost");
  EXPECT_EQ(streams[1]["readers"], 0);

  const std::string text = ls().out;
  for (const char* word : {"NAME", "lab/mic", "(2)<h", "48000 /s", "old", "lost", "OWNER"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in\n" << text;
  }
}

TEST(ShmLs, ShowsUnreadableStreamsInTheirPlace) {
  const shm::test::TestDirectory directory;
  shm::Writer<int> good("b");
  std::ofstream(directory.path() / "a.stream") << "this is no stream";
  const Finished finished = ls({"--json"});
  EXPECT_EQ(finished.exit_code, 0);
  const json streams = json::parse(finished.out);
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0]["name"], "a");
  EXPECT_FALSE(streams[0]["error"].get<std::string>().empty());
  EXPECT_EQ(streams[1]["name"], "b");
  const Finished text = ls();
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("a     unreadable: "), std::string::npos) << text.out;
}

TEST(ShmLs, WithMoreRightsThanItsCallerDoesNotFollowTheCallersEnvironment) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const shm::test::TestDirectory directory;
  ::chmod(directory.path().c_str(), 0755);
  shm::Writer<int> out("only-in-the-callers-directory");
  const std::string command = directory.path() / "shm";
  std::filesystem::copy_file(SHM_PROGRAM_shm, command);
  struct ::statvfs mounted {};
  if (::statvfs(command.c_str(), &mounted) != 0 || (mounted.f_flag & (ST_NOSUID | ST_NOEXEC)) != 0) {
    GTEST_SKIP() << "no programs with more rights than their caller here";
  }
  const auto lists_it = [&](::mode_t mode) {
    ::chmod(command.c_str(), mode);
    const Finished finished = shm::test::Process([&] {
                                constexpr ::uid_t nobody = 65534;
                                if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) return 98;
                                const Finished listed = shm::test::run({command, "ls"});
                                if (listed.exit_code != 0) return 97;
                                return listed.out.find("only-in-the-callers") != std::string::npos ? 1 : 0;
                              }).wait();
    return finished.exit_code;
  };
  EXPECT_EQ(lists_it(0755), 1);
  EXPECT_EQ(lists_it(04755), 0);
}

}  // namespace
