// SPDX-License-Identifier: Apache-2.0
#include "shm/time/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <vector>

#include "shm/base/error.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using ::testing::HasSubstr;

// --- names ---

TEST(ClockName, EveryNameParsesToItsClock) {
  for (const ::clockid_t clock :
       {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, 2, 77, -5}) {
    EXPECT_EQ(parse_clock(clock_name(clock)), clock) << clock_name(clock);
  }
  EXPECT_EQ(clock_name(CLOCK_MONOTONIC_RAW), "MONOTONIC_RAW");
  EXPECT_EQ(clock_name(77), "CLOCK 77");
}

TEST(ClockName, NamesParseInAnyCaseAndWithTheirPrefix) {
  EXPECT_EQ(parse_clock("tai"), CLOCK_TAI);
  EXPECT_EQ(parse_clock("CLOCK_REALTIME"), CLOCK_REALTIME);
  EXPECT_EQ(parse_clock("clock_boottime"), CLOCK_BOOTTIME);
}

TEST(ClockName, UnknownNameIsRefusedWithTheListOfNames) {
  for (const char* name : {"", "UTC", "CLOCK ", "CLOCK 1x", "CLOCK 99999999999", "MONO"}) {
    try {
      static_cast<void>(parse_clock(name));
      ADD_FAILURE() << name;
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), HasSubstr("MONOTONIC, REALTIME, TAI"));
    }
  }
}

// --- conversion ---

TEST(ClockConversion, UsesTheClosestReading) {
  const std::array<ClockConversion::Reading, 4> readings{{{.from_before = 100, .to = 9000, .from_after = 500},
                                                          {.from_before = 600, .to = 5610, .from_after = 620},
                                                          {.from_before = 700, .to = 9999, .from_after = 800},
                                                          {.from_before = 900, .to = 0, .from_after = 800}}};
  const ClockConversion conversion = ClockConversion::of(readings);
  EXPECT_EQ(conversion.offset_ns(), 5000);
  EXPECT_EQ(conversion.uncertainty_ns(), 11);
  EXPECT_EQ(conversion(42), 5042);
  EXPECT_EQ(conversion.inverse()(5042), 42);
}

TEST(ClockConversion, KnownOffsetNeedsNoReading) {
  const auto conversion = ClockConversion::known(-7);
  EXPECT_EQ(conversion(7), 0);
  EXPECT_EQ(conversion.uncertainty_ns(), 0);
}

TEST(ClockConversion, SumsSaturate) {
  EXPECT_EQ(ClockConversion::known(10)(INT64_MAX - 3), INT64_MAX);
  EXPECT_EQ(ClockConversion::known(-10)(INT64_MIN + 3), INT64_MIN);
  EXPECT_EQ(ClockConversion::known(INT64_MIN).inverse()(0), INT64_MAX);
  const std::array<ClockConversion::Reading, 1> wild{{{INT64_MIN, INT64_MAX, INT64_MAX}}};
  EXPECT_GE(ClockConversion::of(wild).uncertainty_ns(), 0);
}

TEST(ClockConversion, ConvertsEveryClockIntoEveryOther) {
  for (const ::clockid_t from : {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI, CLOCK_BOOTTIME}) {
    for (const ::clockid_t to : {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI, CLOCK_BOOTTIME}) {
      const ClockConversion conversion(from, to);
      const std::int64_t before = now_ns(to);
      const std::int64_t converted = conversion(now_ns(from));
      const std::int64_t after = now_ns(to);
      const std::int64_t slack = conversion.uncertainty_ns() + 1'000'000;  // the clocks may be slewed apart
      EXPECT_GE(converted, before - slack) << clock_name(from) << " to " << clock_name(to);
      EXPECT_LE(converted, after + slack) << clock_name(from) << " to " << clock_name(to);
      EXPECT_EQ(conversion.inverse()(conversion(12345)), 12345);
    }
  }
  EXPECT_NEAR(static_cast<double>(convert_ns(now_ns(CLOCK_REALTIME), CLOCK_REALTIME, CLOCK_MONOTONIC)),
              static_cast<double>(now_ns(CLOCK_MONOTONIC)), 1e8);
}

TEST(ClockConversion, TaiDiffersFromRealtime) {
  EXPECT_GE(ClockConversion(CLOCK_REALTIME, CLOCK_TAI).offset_ns(), 37'000'000'000);
  EXPECT_EQ(ClockConversion(CLOCK_TAI, CLOCK_TAI).offset_ns(), 0);
}

TEST(ClockConversion, UnknownClockIsAnError) {
  EXPECT_THROW(static_cast<void>(now_ns(77)), SystemError);
  EXPECT_THROW(static_cast<void>(ClockConversion(77, 77)), SystemError);
  EXPECT_THROW(static_cast<void>(convert_ns(0, CLOCK_REALTIME, 77)), SystemError);
}

// --- leap seconds ---

class LeapSeconds : public ::testing::Test {
 protected:
  std::filesystem::path table(const std::string& text) {
    std::filesystem::path path = directory_.path() / ("table" + std::to_string(count_++));
    std::ofstream(path) << text;
    return path;
  }
  static constexpr std::int64_t noon_of_2026 = 1'795'262'400;

  test::TestDirectory directory_;
  int count_ = 0;
};

TEST_F(LeapSeconds, OffsetOfTheKernelIsUsedIfItHasOne) {
  EXPECT_EQ(tai_minus_realtime(38, {}, noon_of_2026), 38);
}

TEST_F(LeapSeconds, ListIsReadUpToTheGivenTime) {
  const std::vector<std::filesystem::path> tables{
      table("#@ 3960000000\n\n2272060800\t10\t# 1 Jan 1972\n"
            "3644697600 36 # 1 Jul 2015\n3692217600 37 # 1 Jan 2017\n#h 1 2 3\n")};
  EXPECT_EQ(tai_minus_realtime(0, tables, noon_of_2026), 37);
  EXPECT_EQ(tai_minus_realtime(0, tables, 1'483'228'800), 37);
  EXPECT_EQ(tai_minus_realtime(0, tables, 1'483'228'799), 36);
  EXPECT_EQ(tai_minus_realtime(0, tables, 0), 10);
}

TEST_F(LeapSeconds, InsertedSecondsAreCounted) {
  const std::vector<std::filesystem::path> tables{
      table("# comment\nLeap\t1972\tJun\t30\t23:59:60\t+\tS\nLeap 1972 Dec 31 23:59:60 + S\n"
            "#Expires 2026 Jun 28 00:00:00\n")};
  EXPECT_EQ(tai_minus_realtime(0, tables, noon_of_2026), 12);
  EXPECT_EQ(tai_minus_realtime(0, tables, 78'796'800), 11);
  EXPECT_EQ(tai_minus_realtime(0, tables, 78'796'799), 10);
}

TEST_F(LeapSeconds, FirstReadableTableIsUsed) {
  const std::vector<std::filesystem::path> tables{
      directory_.path() / "none", table("nonsense\nLeap year Foo 77\n"), table("3692217600 37\n")};
  EXPECT_EQ(tai_minus_realtime(0, tables, noon_of_2026), 37);
}

TEST_F(LeapSeconds, MissingTablesAreAnErrorThatNamesThem) {
  const std::vector<std::filesystem::path> tables{directory_.path() / "none"};
  try {
    static_cast<void>(tai_minus_realtime(0, tables, noon_of_2026));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("none"));
    EXPECT_THAT(error.what(), HasSubstr("tzdata"));
  }
}

TEST_F(LeapSeconds, OffsetIsKnownOnThisMachine) { EXPECT_GE(tai_minus_realtime(), 37); }

}  // namespace
}  // namespace shm
