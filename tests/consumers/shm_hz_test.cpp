// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "shm/format/described.hpp"
#include "shm/source/demand.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;
using ::testing::HasSubstr;

struct Stamped {
  std::int64_t time;
  double value;
};
BOOST_DESCRIBE_STRUCT(Stamped, (), (time, value))

std::vector<std::string> hz(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "hz"});
  return arguments;
}

json summary_of(const Finished& finished) {
  const auto last = finished.out.rfind('\n', finished.out.size() - 2);
  return json::parse(finished.out.substr(last == std::string::npos ? 0 : last + 1))["summary"];
}

/// Is one reader attached that has read all items? The stream must have an item, else such a reader looks
/// like one that has not yet found its position.
template <class Item>
bool is_followed(shm::Writer<Item>& out) {
  const auto readers = out.raw().readers();
  return out.inserted() > 0 && readers.size() == 1 && readers[0].cursor == out.inserted();
}

bool is_stopped(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  return text.find(") T ") != std::string::npos;
}

class ShmHz : public ::testing::Test {
 protected:
  const shm::test::TestDirectory directory;
};

TEST_F(ShmHz, MeasuresIntervalsByTheTimesInTheItems) {
  shm::Writer<Stamped> out("ticks", {.history = 1000, .timestamp = shm::Timestamp::field("time")});
  out.append({0, 0});
  Process program(hz({"ticks", "--json", "--every", "0"}));
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  for (std::int64_t i = 1; i <= 100; ++i) out.append({i * 1'000'000 + (i == 100 ? 5'000'000 : 0), 0});
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  out.close();
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const json summary = summary_of(finished);
  EXPECT_EQ(summary["stream"], "ticks");
  EXPECT_EQ(summary["items"], 100);
  EXPECT_EQ(summary["lost_items"], 0);
  EXPECT_EQ(summary["intervals_by"], "item times");
  EXPECT_EQ(summary["reason"], "ended");
  EXPECT_GT(summary["items_per_second"], 0);
  EXPECT_NEAR(summary["bytes_per_second"].get<double>(), summary["items_per_second"].get<double>() * 16, 1);
  const json& interval = summary["interval_ns"];
  EXPECT_EQ(interval["count"], 99);
  EXPECT_EQ(interval["min"], 1'000'000);
  EXPECT_NEAR(interval["p50"].get<double>(), 1e6, 1e3);
  EXPECT_EQ(interval["max"], 6'000'000);
}

TEST_F(ShmHz, MeasuresIntervalsByTheLedger) {
  shm::StreamOptions options;
  options.ledger = shm::LedgerOptions{};
  shm::Writer<int> out("stamped", options);
  out.append(0, shm::Stamp::first(0));
  Process program(hz({"stamped", "--json", "--count", "2"}));
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  out.append(1, shm::Stamp::first(1000));
  out.append(2, shm::Stamp::first(3000));
  const json summary = summary_of(program.wait());
  EXPECT_EQ(summary["intervals_by"], "ledger");
  EXPECT_EQ(summary["reason"], "limit");
  EXPECT_EQ(summary["interval_ns"]["count"], 1);
  EXPECT_EQ(summary["interval_ns"]["max"], 2000);
}

TEST_F(ShmHz, MeasuresAndReportsArrivalsWithoutTimes) {
  shm::Writer<int> out("plain");
  out.append(0);
  Process program(hz({"plain", "--every", "0"}));
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  for (int i = 1; i <= 3; ++i) {
    out.append(i);
    ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  }
  program.signal(SIGINT);
  const Finished finished = program.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out, HasSubstr("plain: 3 items in "));
  EXPECT_THAT(finished.out, HasSubstr("intervals of arrival here"));
  EXPECT_THAT(finished.out, HasSubstr("p99.9 "));
}

TEST_F(ShmHz, MeasuresArrivalsWithTheArrivalOption) {
  shm::Writer<Stamped> out("ticks", {.timestamp = shm::Timestamp::field("time")});
  const Finished finished = shm::test::run(hz({"ticks", "--arrival", "--json", "--seconds", "0.01"}));
  EXPECT_EQ(summary_of(finished)["intervals_by"], "arrival");
}

TEST_F(ShmHz, ReportsLosses) {
  shm::Writer<Stamped> out("ticks", {.history = 64, .timestamp = shm::Timestamp::field("time")});
  out.append({0, 0});
  Process program(hz({"ticks", "--json", "--every", "0"}));
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  program.signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return is_stopped(program.pid()); }));
  for (std::int64_t i = 1; i <= 10'000; ++i) out.append({i, 0});
  program.signal(SIGCONT);
  ASSERT_TRUE(eventually([&] { return is_followed(out); }));
  out.close();
  const json summary = summary_of(program.wait());
  EXPECT_EQ(summary["items"], 10'000);
  EXPECT_GT(summary["lost_items"], 9'000);
  EXPECT_GE(summary["lost_ranges"], 1);
  // An interval with lost items in it is not measured.
  EXPECT_EQ(summary["interval_ns"]["max"], 1);
}

TEST_F(ShmHz, ReportsAtTheGivenInterval) {
  shm::Writer<int> out("plain");
  const Finished finished = shm::test::run(hz({"plain", "--every", "0.02", "--seconds", "0.2", "--json"}));
  EXPECT_EQ(finished.exit_code, 0);
  std::istringstream lines(finished.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(json::parse(line)["items"], 0);
  EXPECT_GE(json::parse(line)["seconds"], 0.02);
  EXPECT_EQ(summary_of(finished)["reason"], "limit");
}

TEST_F(ShmHz, ReportsWhyNoItemsCome) {
  shm::Writer<int> live("live");
  const auto text_of = [](const std::string& name) {
    const Finished finished = shm::test::run(hz({name, "--every", "0", "--seconds", "0.01"}));
    EXPECT_EQ(finished.exit_code, 0);
    return finished.out;
  };
  EXPECT_THAT(text_of("live"), HasSubstr("appends nothing"));
  shm::Demand demand(live.raw());
  EXPECT_THAT(text_of("live"), HasSubstr("its source does not run (--enter asks it to)"));
  demand.failed("no such device");
  EXPECT_THAT(text_of("live"), HasSubstr("its source failed: no such device"));
  shm::Writer<int> left("left");
  left.detach();
  EXPECT_THAT(text_of("left"), HasSubstr("no writer: lost (was "));
  shm::Writer<int> ended("ended", {.persistent = true});
  ended.close();
  EXPECT_THAT(text_of("ended"), HasSubstr("the stream ended"));
}

TEST_F(ShmHz, FailsIfThereIsNoStream) {
  const Finished finished = shm::test::run(hz({"nothing"}));
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("there is no stream 'nothing'"));
  EXPECT_THAT(finished.err, HasSubstr("--wait"));
}

}  // namespace
