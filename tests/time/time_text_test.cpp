// SPDX-License-Identifier: Apache-2.0
#include "shm/time/time_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shm/base/error.hpp"

namespace shm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TimeTextTest : public ::testing::Test {
 protected:
  using Kind = TimeText::Kind;

  TimeTextTest() {
    if (const char* zone = std::getenv("TZ")) before_ = zone;
    in_zone("UTC0");
  }
  ~TimeTextTest() override {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }
  // Rules written out: tests must not need tzdata.
  static void in_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  static constexpr const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  static constexpr std::int64_t second = 1'000'000'000;
  static constexpr std::int64_t afternoon = 1'795'269'780;  // 2026-11-21T14:03:00Z

  static void expect_time(const std::string& text, std::int64_t ns) {
    const TimeText time = parse_time(text);
    EXPECT_EQ(time.kind, Kind::realtime_ns) << text;
    EXPECT_EQ(time.integer, ns) << text;
  }
  static void expect_relative(const std::string& text, std::int64_t ns) {
    const TimeText time = parse_time(text);
    EXPECT_EQ(time.kind, Kind::relative_ns) << text;
    EXPECT_EQ(time.integer, ns) << text;
  }
  static void expect_refused(const std::string& text, const std::string& why) {
    try {
      const TimeText time = parse_time(text);
      ADD_FAILURE() << text << " was taken for " << time.integer;
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), HasSubstr(why)) << text;
      EXPECT_THAT(error.what(), HasSubstr("2026-11-21T14:03:00.25Z")) << "an example";
    }
  }

 private:
  std::optional<std::string> before_;
};

// --- points in time ---

TEST_F(TimeTextTest, ReadsDateAndTimeInUtc) {
  expect_time("2026-11-21T14:03:00Z", afternoon * second);
  expect_time("2026-11-21T14:03:00.25Z", afternoon * second + second / 4);
  expect_time("2026-11-21 14:03:00,000000001z", afternoon * second + 1);
  expect_time("2026-11-21t14:03Z", afternoon * second);
  expect_time("1970-01-01T00:00:00Z", 0);
}

TEST_F(TimeTextTest, ReadsDateAndTimeWithAnOffsetFromUtc) {
  for (const char* text : {"2026-11-21T15:03:00+01:00", "2026-11-21T15:03+0100", "2026-11-21T15:03:00+01",
                           "2026-11-21T08:33:00-05:30", "2026-11-22T13:03:00.0+23:00"}) {
    expect_time(text, afternoon * second);
  }
}

TEST_F(TimeTextTest, TimeWithoutZoneIsLocalTime) {
  in_zone(berlin);
  expect_time("2026-11-21T15:03:00", afternoon * second);
  expect_time("2026-07-01T00:00:00", 1'782'856'800 * second);
  expect_time("2026-07-01", 1'782'856'800 * second);
  in_zone("UTC0");
  expect_time("2026-07-01", 1'782'864'000 * second);
}

TEST_F(TimeTextTest, RepeatedHourIsTheFirstOneAndASkippedHourIsRefused) {
  in_zone(berlin);
  expect_time("2026-10-25T02:30:00", 1'792'888'200 * second);
  expect_time("2026-10-25T02:30:00+02:00", 1'792'888'200 * second);
  expect_time("2026-10-25T02:30:00+01:00", (1'792'888'200 + 3600) * second);
  expect_refused("2026-03-29T02:30:00", "never show");
  expect_time("2026-03-29T02:30:00Z", 1'774'751'400 * second);
}

TEST_F(TimeTextTest, RefusesDaysThatDoNotExist) {
  expect_time("2028-02-29T00:00Z", 1'835'395'200 * second);
  for (const char* text : {"2026-02-29", "2100-02-29T00:00Z", "2026-04-31", "2026-13-01", "2026-00-10",
                           "2026-01-00", "2026-01-32"}) {
    expect_refused(text, "no such day");
  }
}

TEST_F(TimeTextTest, AcceptsYearsThatFitInNanosecondsOnly) {
  expect_time("2262-04-11T23:47:16.854775807Z", INT64_MAX);
  for (const char* text : {"2262-04-11T23:47:16.854775808Z", "2262-04-11T23:47:17Z", "9999-12-31",
                           "1969-12-31T23:59:59Z", "0000-01-01", "1970-01-01T00:00:00+00:01"}) {
    expect_refused(text, "from 1970 to 2262");
  }
}

TEST_F(TimeTextTest, RefusesDatesInOtherForms) {
  for (const char* text : {"2026-1-1", "2026-11", "2026-", "2026--1-01"})
    expect_refused(text, "a date is written");
  for (const char* text : {"2026-11-21T", "2026-11-21T14", "2026-11-21T24:00", "2026-11-21T14:60",
                           "2026-11-21T14:03:60Z", "2026-11-21T1403", "2026-11-21T14:03:Z"}) {
    expect_refused(text, "time of the day");
  }
  expect_refused("2026-11-21T14:03:00.Z", "behind the point");
  for (const char* text : {"2026-11-21T14:03+1", "2026-11-21T14:03+01:", "2026-11-21T14:03+24:00",
                           "2026-11-21T14:03-01:60", "2026-11-21T14:03+01:00x"}) {
    EXPECT_THROW(static_cast<void>(parse_time(text)), InvalidArgument) << text;
  }
  for (const char* text : {"2026-11-21Z", "2026-11-21T14:03Zx", "2026-11-21T14:03 UTC", "2026-11-21x"}) {
    expect_refused(text, "left behind");
  }
}

TEST_F(TimeTextTest, ReadsUnixSeconds) {
  expect_time("@1700000000.5", 1'700'000'000'500'000'000);
  expect_time("@0", 0);
  expect_time("@1.", second);
  expect_time("@1.0000000019", second + 1);
  expect_time("@9223372036.854775807", INT64_MAX);
  for (const char* text : {"@", "@-1", "@x", "@1.5.5", "@1e9", "@ 1"}) expect_refused(text, "behind @");
  for (const char* text : {"@9223372036.854775808", "@99999999999999999999999"}) {
    expect_refused(text, "1970 to 2262");
  }
}

// --- from now on ---

TEST_F(TimeTextTest, ReadsTimesRelativeToNow) {
  expect_relative("now", 0);
  expect_relative("-10s", -10 * second);
  expect_relative("-1.5m", -90 * second);
  expect_relative("+2h", 7200 * second);
  expect_relative("-250ms", -second / 4);
  expect_relative("+3us", 3000);
  expect_relative("-7ns", -7);
  expect_relative("-1d", -86400 * second);
  expect_relative("+.5s", second / 2);
  expect_relative("+0.1d", 8640 * second);
  expect_relative("+0.9ns", 0);
  expect_relative("+0.12345678999999999999s", 123'456'789);
}

TEST_F(TimeTextTest, RefusesMalformedRelativeTimes) {
  expect_relative("+9223372036854775807ns", INT64_MAX);
  for (const char* text : {"-9223372036854775808ns", "+9999999999s", "-106752d", "+99999999999999999999999ns",
                           "+106751.991167300647d"}) {
    expect_refused(text, "292 years");
  }
  expect_refused("10s", "has a sign");
  for (const char* text : {"-10x", "-10 s", "-1h30m", "-10S", "+1.5.5s"})
    expect_refused(text, "none of the units");
  for (const char* text : {"-s", "+", "-", "later", "nan", "inf", "-.s", "Now"})
    expect_refused(text, "begins like");
}

// --- raw keys ---

TEST_F(TimeTextTest, ReadsNumbersAsRawKeysAndIntegersExactly) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1234}, INT64_MAX, INT64_MIN}) {
    const TimeText key = parse_time(std::to_string(value));
    EXPECT_EQ(key.kind, Kind::number);
    EXPECT_EQ(key.integer, value);
    EXPECT_TRUE(key.is_exact);
  }
  EXPECT_EQ(parse_time("+17").integer, 17);
  for (const auto& [text, number] : {std::pair{"0.25", 0.25}, {"-1e9", -1e9}, {"2.", 2.0}, {"+.5", 0.5}}) {
    const TimeText key = parse_time(text);
    EXPECT_EQ(key.kind, Kind::number) << text;
    EXPECT_EQ(key.number, number) << text;
    EXPECT_FALSE(key.is_exact) << text;
  }
  EXPECT_EQ(parse_time("1e300").integer, INT64_MAX);
}

TEST_F(TimeTextTest, RefusesNumbersThatDoNotFit) {
  expect_refused("9223372036854775808", "64 bits");
  expect_refused("-9223372036854775809", "64 bits");
  expect_refused("1e400", "floating-point");
}

// --- any bytes ---

TEST_F(TimeTextTest, ErrorShowsTheTextWithoutControlCharacters) {
  EXPECT_THROW(static_cast<void>(parse_time("")), InvalidArgument);
  try {
    std::string text("\x1b[2J\0\n", 6);
    static_cast<void>(parse_time(text.append(10'000, 'x')));
    ADD_FAILURE();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("'?[2J??xxx"));
    EXPECT_THAT(error.what(), Not(HasSubstr("\x1b")));
    EXPECT_LT(std::string(error.what()).size(), 500U);
  }
}

TEST_F(TimeTextTest, ReadsOrRefusesAnyBytes) {
  std::mt19937 random(20261121);
  const std::string letters = "0123456789-+:.TZ@enow smhd,\xff";
  const std::vector<std::string> seeds{"2026-11-21T14:03:00.25+01:00", "-1.5m", "@1700000000.5", "1e9",
                                       "now"};
  int taken = 0;
  in_zone(berlin);
  for (int i = 0; i < 100'000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto changes = random() % 4; changes > 0; --changes) {
      const auto at = random() % (text.size() + 1);
      switch (random() % 3) {
        case 0:
          text.insert(at, 1, letters[random() % letters.size()]);
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          text.replace(at, 1, 1, static_cast<char>(random()));
          break;
      }
    }
    try {
      static_cast<void>(parse_time(text));
      ++taken;
    } catch (const InvalidArgument&) {  // the others are errors
    }
  }
  EXPECT_GT(taken, 20'000);
}

// --- back ---

TEST_F(TimeTextTest, WritesIsoTimes) {
  const std::int64_t ns = afternoon * second + 250'000'001;
  EXPECT_EQ(iso_time(ns), "2026-11-21T14:03:00.250000001Z");
  EXPECT_EQ(iso_time(ns, 3), "2026-11-21T14:03:00.250Z");
  EXPECT_EQ(iso_time(ns, 0), "2026-11-21T14:03:00Z");
  EXPECT_EQ(iso_time(ns, 99), iso_time(ns));
  EXPECT_EQ(iso_time(ns, -1), iso_time(ns, 0));
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(iso_time(INT64_MAX), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(iso_time(INT64_MIN), "1677-09-21T00:12:43.145224192Z");
}

TEST_F(TimeTextTest, WritesIsoTimesInTheLocalZoneWithTheirOffset) {
  in_zone(berlin);
  EXPECT_EQ(iso_time(afternoon * second, 0, false), "2026-11-21T15:03:00+01:00");
  EXPECT_EQ(iso_time(1'782'856'800 * second, 1, false), "2026-07-01T00:00:00.0+02:00");
  in_zone("XXX3:30");
  EXPECT_EQ(iso_time(afternoon * second, 0, false), "2026-11-21T10:33:00-03:30");
  in_zone("XXX0:44:30");
  EXPECT_EQ(iso_time(afternoon * second, 0, false), "2026-11-21T14:03:00Z") << "an offset nobody could write";
}

TEST_F(TimeTextTest, ReadsWhatItWrites) {
  std::mt19937_64 random(4);
  for (const char* zone : {"UTC0", berlin, "XXX11", "YYY-14"}) {
    in_zone(zone);
    for (int i = 0; i < 2000; ++i) {
      const auto ns = static_cast<std::int64_t>(random() >> 1U);
      for (const bool utc : {true, false}) EXPECT_EQ(parse_time(iso_time(ns, 9, utc)).integer, ns);
    }
  }
}

}  // namespace
}  // namespace shm
