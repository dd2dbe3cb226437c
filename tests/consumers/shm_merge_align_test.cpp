// SPDX-License-Identifier: Apache-2.0

// shm merge and shm align.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "shm/format/described.hpp"
#include "shm/stream/writer.hpp"
#include "shm/time/clock.hpp"
#include "shm/time/time_text.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

/// An item with every kind of column.
struct Reading {
  double seconds;
  std::array<std::int16_t, 2> pair;
  std::array<char, 8> name;
  bool good;
};
BOOST_DESCRIBE_STRUCT(Reading, (), (seconds, pair, name, good))

using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t ms = 1'000'000;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Without the time at the beginning of a line, up to the first `mark`.
std::vector<std::string> without_time(const std::string& text, char mark) {
  std::vector<std::string> lines = lines_of(text);
  for (std::string& line : lines) line.erase(0, line.find(mark) + 1);
  return lines;
}

class ShmMergeAlign : public ::testing::Test {
 protected:
  using Item = shm::TimeAndValue<int>;

  static std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SHM_PROGRAM_shm);
    return arguments;
  }
  static Finished shm_run(std::vector<std::string> arguments) {
    return shm::test::run(command(std::move(arguments)));
  }
  static shm::StreamOptions timed(std::uint64_t history = 1000) {
    shm::StreamOptions options;
    options.history = history;
    options.timestamp = shm::Timestamp::time_and_value();
    return options;
  }
  static shm::StreamOptions stamped() {
    shm::StreamOptions options;
    options.history = 1000;
    options.ledger = shm::LedgerOptions{};
    return options;
  }

  shm::test::TestDirectory directory;
  std::int64_t start = shm::now_ns(CLOCK_MONOTONIC) - 1000 * ms;
};

TEST_F(ShmMergeAlign, MergesInTheOrderOfTimes) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<int> b("b", stamped());
  for (const int t : {1, 4, 5}) a.append({start + t * ms, t});
  for (const int t : {0, 4, 6}) b.append(10 * t, shm::Stamp::first(start + t * ms));
  const Finished finished = shm_run({"merge", "a", "b"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::vector<std::string> lines = without_time(finished.out, ' ');
  for (std::string& line : lines) line = line.substr(0, 1) + line.substr(line.find_last_of(" =") + 1);
  EXPECT_THAT(lines, ElementsAre("b0", "a1", "a4", "b40", "a5", "b60"));
  const std::string first = lines_of(finished.out)[0].substr(0, 30);
  const std::int64_t realtime = shm::convert_ns(start, CLOCK_MONOTONIC, CLOCK_REALTIME);
  EXPECT_EQ(first.substr(0, 22), shm::iso_time(realtime).substr(0, 22)) << "to 10 ms";
}

TEST_F(ShmMergeAlign, MergesDifferentClocksByTheirPresentOffset) {
  shm::StreamOptions real = timed();
  real.clock = CLOCK_REALTIME;
  shm::Writer<Item> a("a", real);
  shm::Writer<Item> b("b", timed());
  const std::int64_t offset = shm::convert_ns(0, CLOCK_MONOTONIC, CLOCK_REALTIME);
  for (const int t : {10, 30}) a.append({start + offset + t * ms, t});
  for (const int t : {20, 40}) b.append({start + t * ms, t});
  const Finished finished = shm_run({"merge", "a", "b", "--format", "json"});
  std::vector<int> values;
  for (const std::string& line : lines_of(finished.out)) {
    values.push_back(nlohmann::json::parse(line)["item"]["value"].get<int>());
  }
  EXPECT_THAT(values, ElementsAre(10, 20, 30, 40));
}

TEST_F(ShmMergeAlign, MergesASpanOfTime) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  for (int t = 0; t < 10; ++t) {
    a.append({start + 2 * t * ms, 2 * t});
    b.append({start + (2 * t + 1) * ms, 2 * t + 1});
  }
  const auto key = [&](int t) { return std::to_string(start + t * ms); };
  const Finished finished = shm_run({"merge", "a", "b", "--since", key(5), "--until", key(8)});
  EXPECT_EQ(lines_of(finished.out).size(), 3U) << finished.out;
  EXPECT_THAT(finished.out, HasSubstr("value=5\n"));
  EXPECT_THAT(finished.out, HasSubstr("value=7\n"));
  EXPECT_EQ(lines_of(shm_run({"merge", "a", "b", "-n", "4"}).out).size(), 4U);
}

TEST_F(ShmMergeAlign, FollowsUntilAllStreamsEnd) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  a.append({start, 1});
  Process process(command({"merge", "a", "b", "-f", "--lateness", "1h"}));
  ASSERT_TRUE(eventually([&] { return b.readers().size() == 1 && a.readers().size() == 1; }));
  EXPECT_EQ(process.out(), "") << "b may still have an earlier one";
  b.append({start + 1 * ms, 2});
  ASSERT_TRUE(eventually([&] { return lines_of(process.out()).size() == 1; }));
  a.append({start + 2 * ms, 3});
  b.close();
  a.close();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(lines_of(finished.out).size(), 3U);
}

TEST_F(ShmMergeAlign, WaitsForASilentStreamForTheLatenessOnly) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  a.append({start + 5 * ms, 1});
  Process process(command({"merge", "a", "b", "-f", "--lateness", "1ms"}));
  ASSERT_TRUE(eventually([&] { return lines_of(process.out()).size() == 1; }));
  b.append({start, 2});
  ASSERT_TRUE(eventually([&] { return lines_of(process.out()).size() == 2; }));
  EXPECT_THAT(lines_of(process.out())[1], HasSubstr(" b (late) "));
}

TEST_F(ShmMergeAlign, AlignsOnTheFirstStream) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<int> b("b", stamped());
  for (const int t : {10, 20, 30}) a.append({start + t * ms, t});
  for (const int t : {12, 19, 40}) b.append(t, shm::Stamp::first(start + t * ms));
  const auto rows = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"align", "a", "b"});
    std::vector<std::string> cells;
    for (const std::string& row : without_time(shm_run(more).out, ','))
      cells.push_back(row.substr(row.find(',') + 1));
    return cells;
  };
  EXPECT_THAT(rows({}), ElementsAre("a.value,b", "10,", "20,19", "30,19"));
  EXPECT_THAT(rows({"--how", "next"}), ElementsAre("a.value,b", "10,12", "20,40", "30,40"));
  EXPECT_THAT(rows({"--how", "nearest"}), ElementsAre("a.value,b", "10,12", "20,19", "30,40"));
  EXPECT_THAT(rows({"--how", "linear"}), ElementsAre("a.value,b", "10,", "20,20", "30,30"));
  EXPECT_THAT(rows({"--tolerance", "1ms"}), ElementsAre("a.value,b", "10,", "20,19", "30,"));
}

TEST_F(ShmMergeAlign, EndsTheTableBeforeRowsThatMayChange) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  for (const int t : {10, 20, 30}) a.append({start + t * ms, t});
  b.append({start + 15 * ms, 0});
  const Finished early = shm_run({"align", "a", "b"});
  EXPECT_EQ(lines_of(early.out).size(), 2U) << early.out;
  EXPECT_THAT(early.err, HasSubstr("not yet sure"));
  Process process(command({"align", "a", "b", "--follow", "--lateness", "1h"}));
  ASSERT_TRUE(eventually([&] { return b.readers().size() == 1; }));
  b.append({start + 25 * ms, 0});
  b.append({start + 31 * ms, 0});
  a.close();
  const Finished finished = process.wait();
  EXPECT_EQ(lines_of(finished.out).size(), 4U) << finished.out;
}

TEST_F(ShmMergeAlign, AlignsOnAGrid) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<Item> b("b", timed());
  for (int t = 0; t < 100; t += 10) a.append({start + t * ms, t});
  for (int t = 0; t < 100; t += 4) b.append({start + t * ms, t});
  const auto key = [&](int t) { return std::to_string(start + t * ms); };
  const Finished finished = shm_run(
      {"align", "a", "b", "--every", "15ms", "--since", key(10), "--until", key(60), "--time", "seconds"});
  std::vector<std::string> cells;
  for (const std::string& row : lines_of(finished.out)) {
    std::vector<std::string> parts;
    std::istringstream in(row);
    for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
    ASSERT_EQ(parts.size(), 5U) << row;
    cells.push_back(parts[2] + "," + parts[4]);
  }
  EXPECT_THAT(cells, ElementsAre("a.value,b.value", "10,8", "20,24", "40,40", "50,52"));
}

TEST_F(ShmMergeAlign, PrintsEveryKindOfValueAsAColumn) {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::field("seconds");
  shm::Writer<Reading> out("r", options);
  out.append({1.5, {-1, 2}, {'a', ',', '"'}, true});
  out.append({2.5, {-2, 3}, {}, false});
  const Finished finished = shm_run({"align", "r"});
  EXPECT_THAT(without_time(finished.out, ','), ElementsAre("r.seconds,r.pair[0],r.pair[1],r.name,r.good",
                                                           "1.5,-1,2,\"a,\"\"\",true", "2.5,-2,3,,false"));
}

TEST_F(ShmMergeAlign, RefusesImpossibleRequests) {
  shm::Writer<Item> a("a", timed());
  shm::Writer<int> keyless("keyless");
  EXPECT_EQ(shm_run({"merge"}).exit_code, 2);
  EXPECT_EQ(shm_run({"merge", "a", "--lateness", "soon"}).exit_code, 2);
  EXPECT_EQ(shm_run({"align", "a", "--on", "b"}).exit_code, 2);
  EXPECT_EQ(shm_run({"align", "a", "--every", "1s", "--on", "a"}).exit_code, 2);
  EXPECT_EQ(shm_run({"align", "a", "--every", "0"}).exit_code, 2);
  EXPECT_EQ(shm_run({"align", "a", "--tolerance", "-1s"}).exit_code, 2);
  EXPECT_EQ(shm_run({"merge", "a", "b"}).exit_code, 1);
  const Finished none = shm_run({"merge", "a", "keyless"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("'keyless' has no times"));
  EXPECT_EQ(shm_run({"align", "a", "--every", "1s"}).exit_code, 1);  // no items yet
}

}  // namespace
