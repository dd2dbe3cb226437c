// SPDX-License-Identifier: Apache-2.0

// TAI minus REALTIME: from the kernel, or from tzdata's tables.
#include <sys/timex.h>

#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>

#include "shm/base/error.hpp"
#include "shm/time/clock.hpp"

namespace shm {
namespace {

constexpr std::int64_t unix_minus_ntp = 2'208'988'800;  // 1970 minus 1900, in seconds
constexpr int tai_minus_utc_of_1972 = 10;
constexpr int most_leap_seconds = 1000;  // beyond it, it is no table of leap seconds

struct LeapEntry {
  std::int64_t from_realtime_s;
  int seconds;
};

/// leap-seconds.list: "2272060800  10  # 1 Jan 1972": seconds since 1900, and the offset from then on.
std::optional<LeapEntry> listed_entry(const std::string& line) {
  std::istringstream words(line);
  std::int64_t since_1900 = 0;
  int seconds = 0;
  // A line that begins with # is a comment.
  if (!(words >> since_1900 >> seconds) || since_1900 < 0 || seconds < 0 || seconds > most_leap_seconds) {
    return std::nullopt;
  }
  return LeapEntry{since_1900 - unix_minus_ntp, seconds};
}

/// leapseconds: "Leap  1972  Jun  30  23:59:60  +  S", the second that is inserted at the end of a day.
std::optional<LeapEntry> inserted_entry(const std::string& line, int before) {
  std::istringstream words(line);
  std::string leap;
  std::string month;
  std::string time;
  std::string sign;
  int year = 0;
  unsigned day = 0;
  if (!(words >> leap >> year >> month >> day >> time >> sign) || leap != "Leap") return std::nullopt;
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t place = month.size() == 3 ? months.find(month) : std::string_view::npos;
  if (place == std::string_view::npos || place % 3 != 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(place / 3 + 1)),
                                         std::chrono::day(day));
  if (!date.ok() || (sign != "+" && sign != "-")) return std::nullopt;
  const std::chrono::sys_seconds end = std::chrono::sys_days(date) + std::chrono::days(1);
  return LeapEntry{end.time_since_epoch().count(), before + (sign == "+" ? 1 : -1)};
}

std::optional<int> looked_up(const std::filesystem::path& table, std::int64_t realtime_s) {
  std::ifstream file(table);
  std::optional<int> result;
  int counted = tai_minus_utc_of_1972;
  bool is_table = false;
  for (std::string line; std::getline(file, line);) {
    std::optional<LeapEntry> entry = listed_entry(line);
    if (!entry) {
      entry = inserted_entry(line, counted);
      if (entry) counted = entry->seconds;
    }
    if (!entry) continue;
    is_table = true;
    if (entry->from_realtime_s <= realtime_s) result = entry->seconds;
  }
  // Before the first second that was inserted.
  return is_table && !result ? tai_minus_utc_of_1972 : result;
}

}  // namespace

int tai_minus_realtime(int kernel, std::span<const std::filesystem::path> tables, std::int64_t realtime_s) {
  if (kernel != 0) return kernel;
  std::string names;
  for (const std::filesystem::path& table : tables) {
    if (const auto seconds = looked_up(table, realtime_s)) return *seconds;
    names += (names.empty() ? "" : " or ") + table.string();
  }
  throw Error(
      ErrorCode::tai_offset_unknown,
      "CLOCK_TAI: how far TAI is ahead of REALTIME is not known here: the kernel has not been told (an NTP "
      "daemon does, or adjtimex), and there is no table of leap seconds (" +
          names + "; package tzdata)");
}

int tai_minus_realtime() {
  static const std::array<std::filesystem::path, 2> tables{"/usr/share/zoneinfo/leap-seconds.list",
                                                           "/usr/share/zoneinfo/leapseconds"};
  ::timex kernel{};  // modes 0: only read, which needs no privilege
  // Where even that is forbidden (a sandbox), the kernel's offset is unknown.
  const int offset = ::adjtimex(&kernel) < 0 ? 0 : kernel.tai;
  return tai_minus_realtime(offset, tables, now_ns(CLOCK_REALTIME) / 1'000'000'000);
}

}  // namespace shm
