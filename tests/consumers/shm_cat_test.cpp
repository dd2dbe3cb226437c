// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <boost/describe.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "shm/format/described.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;

const std::string program = SHM_PROGRAM_shm;

Finished cat(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {program, "cat"});
  return shm::test::run(arguments);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Tick {
  std::int64_t time;
  double price;
  std::array<char, 8> symbol;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (time, price, symbol))

class ShmCat : public ::testing::Test {
 protected:
  shm::test::TestDirectory directory;
};

TEST_F(ShmCat, PrintsReadableItemsAndStops) {
  shm::Writer<std::int32_t> out("numbers");
  for (int i = 0; i < 5; ++i) out.append(i * 10);
  const Finished finished = cat({"numbers"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "0\n10\n20\n30\n40\n");
  EXPECT_EQ(finished.err, "");
}

TEST_F(ShmCat, PrintsNothingOfAnEmptyStream) {
  shm::Writer<std::int32_t> out("numbers");
  const Finished finished = cat({"numbers"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "");
}

TEST_F(ShmCat, PrintsStructsAsTextAndAsLinesOfJson) {
  shm::Writer<Tick> out("ticks");
  out.append({7, 1.5, {'E', 'U', 'R'}});
  out.append({8, std::nan(""), {'"'}});
  EXPECT_EQ(cat({"ticks"}).out, "time=7 price=1.5 symbol=\"EUR\"\ntime=8 price=nan symbol=\"\\\"\"\n");
  const auto lines = lines_of(cat({"ticks", "--format", "json", "--index"}).out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(json::parse(lines[0]),
            json::parse(R"({"index":0,"item":{"time":7,"price":1.5,"symbol":"EUR"}})"));
  EXPECT_TRUE(json::parse(lines[1])["item"]["price"].is_null());
  EXPECT_EQ(cat({"ticks", "--index", "-n", "1"}).out, "0: time=7 price=1.5 symbol=\"EUR\"\n");
}

TEST_F(ShmCat, PrintsRawBytes) {
  shm::Writer<std::array<std::uint8_t, 4>> out("bytes", {.history = 1000});
  std::string expected;
  for (unsigned i = 0; i < 1000; ++i) {
    std::array<std::uint8_t, 4> item{};
    for (unsigned k = 0; k < 4; ++k) {
      item[k] = static_cast<std::uint8_t>(i * 7 + k);
      expected += static_cast<char>(item[k]);
    }
    out.append(item);
  }
  EXPECT_EQ(cat({"bytes", "--format", "raw"}).out, expected);
}

TEST_F(ShmCat, StartsAtTheGivenPosition) {
  shm::Writer<int> out("numbers");
  for (int i = 0; i < 10; ++i) out.append(i);
  EXPECT_EQ(cat({"numbers", "--from", "newest"}).out, "9\n");
  EXPECT_EQ(cat({"numbers", "--from", "next"}).out, "");
  EXPECT_EQ(cat({"numbers", "--from", "8"}).out, "8\n9\n");
  EXPECT_EQ(cat({"numbers", "--from=-3"}).out, "7\n8\n9\n");
  EXPECT_EQ(cat({"numbers", "--from=-300", "-n", "2"}).out, "0\n1\n");
  EXPECT_EQ(cat({"numbers", "--from", "1000"}).out, "");
}

TEST_F(ShmCat, ReportsLossesAsTheyHappenAndAtTheEnd) {
  shm::Writer<std::uint64_t> out("numbers", {.history = 64});
  for (std::uint64_t i = 0; i < 100'000; ++i) out.append(i);
  const Finished text = cat({"numbers", "--from", "10"});
  EXPECT_EQ(text.exit_code, 0);
  const std::string first = lines_of(text.out).at(0);
  const std::uint64_t oldest = std::stoull(first);
  EXPECT_EQ(lines_of(text.out).back(), "99999");
  EXPECT_NE(text.err.find("lost items 10 to " + std::to_string(oldest - 1) + " (" +
                          std::to_string(oldest - 10) + ")"),
            std::string::npos)
      << text.err;
  EXPECT_NE(text.err.find(std::to_string(oldest - 10) + " lost in 1 range"), std::string::npos) << text.err;

  const auto lines = lines_of(cat({"numbers", "--from", "10", "--format", "json"}).out);
  EXPECT_EQ(json::parse(lines.at(0)), json::parse("{\"lost\":[10," + std::to_string(oldest) + "]}"));
  EXPECT_EQ(lines.at(1), first);
}

TEST_F(ShmCat, FollowsUntilTheStreamEnds) {
  shm::Writer<int> out("numbers");
  out.append(1);
  Process following({program, "cat", "numbers", "--follow"});
  ASSERT_TRUE(eventually([&] { return following.out() == "1\n"; }));
  out.append(2);
  ASSERT_TRUE(eventually([&] { return following.out() == "1\n2\n"; }));
  out.close();
  EXPECT_EQ(following.wait().exit_code, 0);
}

TEST_F(ShmCat, FollowsUntilItHasTheCount) {
  shm::Writer<int> out("numbers");
  Process following({program, "cat", "numbers", "-f", "-n", "3"});
  ASSERT_TRUE(eventually([&] { return !out.readers().empty(); }));
  for (int i = 0; i < 10; ++i) out.append(i);
  const Finished finished = following.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "0\n1\n2\n");
}

TEST_F(ShmCat, StopsCleanlyWhenInterrupted) {
  shm::Writer<int> out("numbers");
  for (const int number : {SIGINT, SIGTERM}) {
    Process following({program, "cat", "numbers", "-f"});
    ASSERT_TRUE(eventually([&] { return !out.readers().empty(); }));
    following.signal(number);
    EXPECT_EQ(following.wait().exit_code, 0);
  }
}

TEST_F(ShmCat, ContinuesWithTheNextWriter) {
  auto out = std::make_unique<shm::Writer<int>>("numbers");
  out->append(1);
  Process following({program, "cat", "numbers", "-f"});
  ASSERT_TRUE(eventually([&] { return following.out() == "1\n"; }));
  out->detach();
  ASSERT_TRUE(eventually([&] { return following.err().find("lost") != std::string::npos; }));
  out = std::make_unique<shm::Writer<int>>("numbers");
  out->append(2);
  ASSERT_TRUE(eventually([&] { return following.out() == "1\n2\n"; })) << following.out();
  out->close();
  EXPECT_EQ(following.wait().exit_code, 0);
}

TEST_F(ShmCat, WaitsForTheStreamToAppear) {
  Process waiting({program, "cat", "late", "--wait", "20", "-f", "-n", "1"});
  shm::Writer<int> out("late");
  out.append(5);
  EXPECT_EQ(waiting.wait().out, "5\n");
}

TEST_F(ShmCat, EndsQuietlyIfStdoutIsClosed) {
  shm::Writer<int> out("numbers", {.history = 100'000});
  for (int i = 0; i < 100'000; ++i) out.append(i);
  const std::string command = program + " cat numbers | head -n 1; echo ${PIPESTATUS[0]}";
  const Finished finished = shm::test::run({"bash", "-c", command});
  EXPECT_EQ(finished.out, "0\n0\n");
  EXPECT_EQ(finished.err, "");
}

TEST_F(ShmCat, FailsIfStdoutCannotBeWritten) {
  shm::Writer<int> out("numbers");
  out.append(1);
  const Finished finished = shm::test::run({"bash", "-c", program + " cat numbers > /dev/full"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("No space left"), std::string::npos) << finished.err;
}

TEST_F(ShmCat, PrintsOrReportsEveryItemOfAFastWriter) {
  constexpr std::uint64_t count = 300'000;
  shm::Writer<std::uint64_t> out("numbers", {.history = 1024});
  Process following({program, "cat", "numbers", "-f", "--format", "json"});
  ASSERT_TRUE(eventually([&] { return !out.readers().empty(); }));
  for (std::uint64_t i = 0; i < count; ++i) out.append(i);
  out.close();
  const Finished finished = following.wait();
  std::optional<std::uint64_t> next;  // the first that was there when it came to look
  for (const std::string& line : lines_of(finished.out)) {
    const json parsed = json::parse(line);
    const bool lost = parsed.is_object();
    const std::uint64_t index = lost ? parsed["lost"][0] : parsed;
    ASSERT_EQ(index, next.value_or(index));
    next = lost ? parsed["lost"][1].get<std::uint64_t>() : index + 1;
  }
  EXPECT_EQ(next, count);
}

}  // namespace
