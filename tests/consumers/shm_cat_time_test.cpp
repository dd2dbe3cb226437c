// SPDX-License-Identifier: Apache-2.0

// shm cat --since --until.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shm/format/item_format.hpp"
#include "shm/stream/writer.hpp"
#include "shm/time/clock.hpp"
#include "shm/time/time_text.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using shm::test::eventually;
using shm::test::Finished;
using shm::test::Process;
using ::testing::HasSubstr;

constexpr std::int64_t second = 1'000'000'000;

class ShmCatTime : public ::testing::Test {
 protected:
  static std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {SHM_PROGRAM_shm, "cat"});
    return arguments;
  }
  static Finished cat(std::vector<std::string> arguments) {
    return shm::test::run(command(std::move(arguments)));
  }
  static shm::StreamOptions with_ledger(std::uint64_t history = 1000) {
    shm::StreamOptions options;
    options.history = history;
    options.ledger = shm::LedgerOptions{};
    return options;
  }

  shm::test::TestDirectory directory;
};

TEST_F(ShmCatTime, AcceptsRawKeys) {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::time_and_value();
  shm::Writer<shm::TimeAndValue<int>> out("s", options);
  for (int i = 0; i < 10; ++i) out.append({i * 10, i});
  EXPECT_EQ(cat({"s", "--since", "25", "--until", "50"}).out, "time=30 value=3\ntime=40 value=4\n");
  EXPECT_EQ(cat({"s", "--since", "80"}).out, "time=80 value=8\ntime=90 value=9\n");
  EXPECT_EQ(cat({"s", "--until", "10"}).out, "time=0 value=0\n");
  EXPECT_EQ(cat({"s", "--since", "95"}).out, "");
  EXPECT_EQ(cat({"s", "--since", "-100", "-n", "1"}).out, "time=0 value=0\n");
}

TEST_F(ShmCatTime, AcceptsSecondsForFloatingPointTimestamps) {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::first_element();
  shm::Writer<std::array<double, 2>> out("rows", options);
  for (int i = 0; i < 10; ++i) out.append({i * 0.5, 7.0});
  EXPECT_EQ(cat({"rows", "--since", "1.5", "--until", "2.25"}).out, "[1.5 7]\n[2 7]\n");
}

TEST_F(ShmCatTime, AcceptsPointsOfTimeAndDurationsFromNow) {
  shm::Writer<int> out("s", with_ledger());
  const std::int64_t now = shm::now_ns(CLOCK_MONOTONIC);
  for (int i = 0; i < 100; ++i) out.append(i, shm::Stamp::first(now - (100 - i) * 10 * second));
  const Finished recent = cat({"s", "--since", "-35s"});
  EXPECT_EQ(recent.out, "97\n98\n99\n");
  const std::int64_t realtime = shm::convert_ns(now, CLOCK_MONOTONIC, CLOCK_REALTIME);
  const std::string since = shm::iso_time(realtime - 505 * second);
  const std::string until = shm::iso_time(realtime - 475 * second);
  EXPECT_EQ(cat({"s", "--since", since, "--until", until}).out, "50\n51\n52\n");
  EXPECT_EQ(cat({"s", "--since", since, "--until", until, "--format", "json", "--index"}).out,
            "{\"index\":50,\"item\":50}\n{\"index\":51,\"item\":51}\n{\"index\":52,\"item\":52}\n");
}

TEST_F(ShmCatTime, ReportsOverwrittenItems) {
  shm::Writer<int> out("s", with_ledger(16));
  for (int i = 0; i < 3000; ++i) out.append(i, shm::Stamp::first(i));
  const Finished finished = cat({"s", "--since", "5"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("is overwritten"));
  EXPECT_THAT(finished.out, HasSubstr("\n2999\n"));
}

TEST_F(ShmCatTime, FollowsUntilAnItemAtOrAfterTheEnd) {
  shm::Writer<int> out("s", with_ledger());
  out.append(0, shm::Stamp::first(100));
  Process process(command({"s", "--follow", "--until", "200"}));
  ASSERT_TRUE(eventually([&] { return process.out() == "0\n"; }));
  out.append(1, shm::Stamp::first(199));
  const std::array<int, 3> three{2, 3, 4};
  out.append(three, shm::Stamp::first(200));
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "0\n1\n");
}

TEST_F(ShmCatTime, RefusesImpossibleRequests) {
  shm::Writer<int> out("s", with_ledger());
  out.append(0, shm::Stamp::first(100));
  shm::Writer<int> keyless("keyless");
  EXPECT_EQ(cat({"s", "--since", "yesterday"}).exit_code, 2);
  EXPECT_EQ(cat({"s", "--since", "1.5"}).exit_code, 2);
  EXPECT_EQ(cat({"s", "--since", "5", "--until", "4"}).exit_code, 2);
  EXPECT_EQ(cat({"s", "--since", "5", "--from", "oldest"}).exit_code, 2);
  const Finished none = cat({"keyless", "--since", "5"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("has no times"));
}

}  // namespace
