// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "pseudo_terminal.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::eventually;
using shm::test::Finished;
using shm::test::OnTerminal;
using shm::test::Process;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> top(std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "top", "--interval", "0.02"});
  return arguments;
}

class ShmTop : public ::testing::Test {
 protected:
  const shm::test::TestDirectory directory;
};

TEST_F(ShmTop, PrintsTablesWithoutATerminal) {
  shm::Writer<int> out("lab/mic");
  const shm::Reader<int> reader("lab/mic", shm::Start::oldest(), {.name = "test reader"});
  const Finished finished = shm::test::run(top({"--count", "2"}));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("lab/mic"));
  EXPECT_THAT(finished.out, HasSubstr("test reader"));
  EXPECT_THAT(finished.out, HasSubstr(": 1 stream, 1 reader, 0 items/s"));
  EXPECT_THAT(finished.out, Not(HasSubstr("\x1b")));
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = finished.out.find("STREAM ", at)) != std::string::npos; ++at) ++tables;
  EXPECT_EQ(tables, 2U);
}

TEST_F(ShmTop, PrintsAJsonObjectForEachLook) {
  shm::Writer<int> out("a");
  const Finished finished = shm::test::run(top({"--count", "3", "--json", "--sort", "rate"}));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::istringstream lines(finished.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const json look = json::parse(line);
    EXPECT_GT(look["seconds"], 0);
    EXPECT_EQ(look["streams"][0]["name"], "a");
    EXPECT_EQ(look["streams"][0]["items_per_second"], 0.0);
    EXPECT_EQ(look["streams"][0]["writer"]["state"], "live");
  }
  EXPECT_EQ(count, 3);
}

TEST_F(ShmTop, SurvivesStreamsThatGoOrAreReplaced) {
  auto out = std::make_unique<shm::Writer<int>>("a");
  Process program(top({"--json"}));
  const auto shows = [&](const std::string& text) {
    return eventually([&] { return program.out().find(text) != std::string::npos; });
  };
  EXPECT_TRUE(shows(R"("presence":"there")"));
  out->detach();
  EXPECT_TRUE(shows(R"("state":"lost")"));
  shm::remove_stream("a");
  EXPECT_TRUE(shows(R"("presence":"gone")"));
  std::ofstream(directory.path() / "a.stream") << "nonsense";
  EXPECT_TRUE(shows(R"("presence":"unreadable")"));
  std::filesystem::remove(directory.path() / "a.stream");
  const shm::Writer<double> other("a");
  EXPECT_TRUE(shows(R"("replaced")"));
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(ShmTop, WorksWithoutStreams) {
  const Finished finished =
      shm::test::run(top({"--count", "1", "--directory", "/nonexistent/libshm", "--json"}));
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(json::parse(finished.out)["streams"], json::array());
}

TEST_F(ShmTop, IsDrawnInPlaceAndQuitsByKey) {
  shm::Writer<int> a("a");
  shm::Writer<int> b("b");
  OnTerminal terminal(top());
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("by name; q quits"); })) << terminal.shown();
  EXPECT_FALSE(terminal.is_as_before());
  terminal.press("r");
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("by rate; q quits"); }));
  terminal.press("x");  // nothing
  terminal.press("q");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_THAT(terminal.shown(), ::testing::StartsWith("\x1b[?1049h\x1b[?25l\x1b[H"));
  EXPECT_THAT(terminal.shown(), ::testing::EndsWith("\x1b[?25h\x1b[?1049l"));
}

TEST_F(ShmTop, RestoresTheTerminalWhenItIsStopped) {
  OnTerminal terminal(top());
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("0 streams"); }));
  terminal.press("\x03");  // Ctrl-C
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_THAT(terminal.shown(), ::testing::EndsWith("\x1b[?25h\x1b[?1049l"));
}

TEST_F(ShmTop, FitsASmallTerminalAndFollowsItsSize) {
  std::vector<std::unique_ptr<shm::Writer<int>>> writers;
  for (const char* name : {"a", "b", "c", "d"}) writers.push_back(std::make_unique<shm::Writer<int>>(name));
  OnTerminal terminal({SHM_PROGRAM_shm, "top", "--interval", "3600"}, {.rows = 4, .columns = 12});
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("... 4 lines"); })) << terminal.shown();
  EXPECT_FALSE(terminal.has_shown("q quits"));
  terminal.resize({.rows = 24, .columns = 120});
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("q quits"); }));
  EXPECT_TRUE(eventually([&] { return terminal.has_shown("\nd "); })) << terminal.shown();
  terminal.press("q");
  EXPECT_EQ(terminal.wait(), 0);
}

}  // namespace
