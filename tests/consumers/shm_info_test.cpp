// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/describe.hpp>
#include <nlohmann/json.hpp>

#include "shm/format/described.hpp"
#include "shm/source/demand.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;

Finished info(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "info"});
  return shm::test::run(arguments);
}

struct Inner {
  float x;
  std::array<char, 4> id;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (x, id))
struct Tick {
  std::int64_t time;
  Inner inner;
  std::array<std::int16_t, 4> counts;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (time, inner, counts))

TEST(ShmInfo, ShowsLedgerAndBuckets) {
  const shm::test::TestDirectory directory;
  shm::StreamOptions options;
  options.history = 100;
  options.ledger = shm::LedgerOptions{.anchors = 50};
  options.buckets = shm::BucketOptions{.quantum = 1000, .count = 70};
  shm::Writer<int> out("stamped", options);
  out.append(1, shm::Stamp::first(5));
  const json all = json::parse(info({"stamped", "--json"}).out);
  EXPECT_EQ(all["ledger"], (json{{"anchors", 63}, {"written", 1}}));
  EXPECT_EQ(all["buckets"], (json{{"count", 70}, {"quantum", 1000}}));
  const std::string text = info({"stamped"}).out;
  EXPECT_NE(text.find("ledger      63 anchors at most, 1 written\n"), std::string::npos) << text;
  EXPECT_NE(text.find("buckets     70 of 1000 each\n"), std::string::npos) << text;
  shm::Writer<int> plain("plain");
  EXPECT_TRUE(json::parse(info({"plain", "--json"}).out)["ledger"].is_null());
}

TEST(ShmInfo, ShowsEveryFieldInJson) {
  const shm::test::TestDirectory directory;
  shm::Writer<Tick> out("ticks", {.history = 100,
                                  .metadata = R"({"site":{"room":7}})",
                                  .unit = "EUR",
                                  .sample_rate = 10,
                                  .timestamp = shm::Timestamp::field("time")});
  out.append(Tick{});
  out.append(Tick{});
  shm::Reader<Tick> reader("ticks", shm::Start::oldest(), {.name = "test reader"});
  const Finished finished = info({"ticks", "--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const json all = json::parse(finished.out);
  EXPECT_EQ(all["name"], "ticks");
  EXPECT_EQ(all["inserted"], 2);
  EXPECT_EQ(all["unit"], "EUR");
  EXPECT_EQ(all["metadata"]["site"]["room"], 7);
  EXPECT_EQ(all["timestamp"]["kind"], "field");
  EXPECT_EQ(all["timestamp"]["field"], "time");
  EXPECT_EQ(all["clock"], "MONOTONIC");
  EXPECT_EQ(all["owner"]["uid"], ::geteuid());
  EXPECT_EQ(all["group"]["gid"], ::getegid());
  EXPECT_EQ(all["mode"], "0600");
  EXPECT_EQ(all["writer"]["state"], "live");
  EXPECT_EQ(all["writer"]["epoch"], 1);
  EXPECT_EQ(all["source"]["state"], "none");
  const json& fields = all["item"]["fields"];
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[0]["type"], "int64");
  EXPECT_EQ(fields[1]["fields"][1]["type"], "text(4)");
  EXPECT_EQ(fields[2]["type"], "int16[4]");
  EXPECT_EQ(fields[2]["offset"], 16);
  ASSERT_EQ(all["readers"].size(), 1U);
  EXPECT_EQ(all["readers"][0]["pid"], ::getpid());
  EXPECT_EQ(all["readers"][0]["name"], "test reader");
  EXPECT_EQ(all["readers"][0]["lag"], 2);
  EXPECT_EQ(all["readers"][0]["entered"], false);
}

TEST(ShmInfo, ShowsEveryFieldAsText) {
  const shm::test::TestDirectory directory;
  shm::Writer<Tick> out("ticks", {.metadata = R"({"site":{"room":7}})"});
  const shm::Reader<Tick> reader("ticks", shm::Start::oldest(), {.name = "test reader"});
  const Finished finished = info({"ticks"});
  EXPECT_EQ(finished.exit_code, 0);
  for (const char* word : {"inner", "text(4)", "int16[4]", "\"room\": 7", "test reader", "live"}) {
    EXPECT_NE(finished.out.find(word), std::string::npos) << word << " in\n" << finished.out;
  }
}

TEST(ShmInfo, ShowsWhyASourceFailed) {
  const shm::test::TestDirectory directory;
  shm::Writer<int> out("mic");
  shm::Demand demand(out.raw());
  demand.failed("no such device");
  const json all = json::parse(info({"mic", "--json"}).out);
  EXPECT_EQ(all["source"]["state"], "failed");
  EXPECT_EQ(all["source"]["error"], "no such device");
  EXPECT_NE(info({"mic"}).out.find("no such device"), std::string::npos);
}

TEST(ShmInfo, FailsIfThereIsNoStream) {
  const shm::test::TestDirectory directory;
  const Finished finished = info({"nothing"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("there is no stream 'nothing' in " + directory.path().string()),
            std::string::npos)
      << finished.err;
}

}  // namespace
