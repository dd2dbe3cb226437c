// SPDX-License-Identifier: Apache-2.0
#include "shm/time/time_text.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "shm/base/error.hpp"
#include "shm/base/saturating.hpp"

namespace shm {
namespace {

constexpr std::int64_t second_of_ns = 1'000'000'000;

[[noreturn]] void refuse_time(std::string_view text, const std::string& why) {
  std::string shown;  // any bytes may come, and a terminal may read them
  for (const char c : text.substr(0, 60)) shown += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > 60) shown += "...";
  throw InvalidArgument(
      "'" + shown + "' is no time: " + why +
      ". Expected a date and time (2026-11-21T14:03:00.25Z, 2026-11-21T15:03+01:00, "
      "2026-11-21), UNIX seconds (@1700000000.5), a time from now on (now, -10s, +1.5m; ns us "
      "ms s m h d), or a number as the stream counts (1234)");
}

/// Parses from the front of a text; every step returns whether it found its part.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  bool take(std::string_view one_of) {
    if (rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view digits() {
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }
  /// Exactly so many digits.
  std::optional<int> number(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) return std::nullopt;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view rest_;
};

/// WHOLE.FRACTION units in nanoseconds, cut off; empty if they do not fit.
std::optional<std::int64_t> in_ns(std::string_view whole, std::string_view fraction, std::int64_t unit) {
  std::int64_t result = 0;
  for (const char c : whole) {
    if (__builtin_mul_overflow(result, 10, &result) || __builtin_add_overflow(result, c - '0', &result)) {
      return std::nullopt;
    }
  }
  if (__builtin_mul_overflow(result, unit, &result)) return std::nullopt;
  std::int64_t part = 0;  // from the last digit on: what is cut off on the way is cut off in the end, too
  for (std::size_t i = fraction.size(); i > 0; --i) part = (part + (fraction[i - 1] - '0') * unit) / 10;
  if (__builtin_add_overflow(result, part, &result)) return std::nullopt;
  return result;
}

TimeText realtime(std::int64_t ns) {
  return {TimeText::Kind::realtime_ns, ns, static_cast<double>(ns), true};
}

// --- dates ---

/// Seconds since 1970 of a local time; empty if there is no such time, as in the hour when summer begins.
std::optional<std::int64_t> local_seconds(const ::tm& wanted) {
  std::optional<std::int64_t> first;
  // An hour that is shown twice is once in summer time and once not: both are tried. (-1: the zone changed
  // its offset without a summer.)
  for (const int summer : {1, 0, -1}) {
    ::tm asked = wanted;
    asked.tm_isdst = summer;
    const ::time_t seconds = ::mktime(&asked);
    const bool is_it = asked.tm_min == wanted.tm_min && asked.tm_hour == wanted.tm_hour &&
                       asked.tm_mday == wanted.tm_mday && asked.tm_mon == wanted.tm_mon &&
                       asked.tm_year == wanted.tm_year && asked.tm_sec == wanted.tm_sec;
    if (is_it && seconds != -1 && (!first || seconds < *first)) first = seconds;  // -1: unknown
  }
  return first;
}

/// Seconds east of UTC, from the text behind a time. Empty text: local time.
std::optional<std::int64_t> zone(Scanner& scan, std::string_view text) {
  if (scan.take("Zz")) return 0;
  const bool west = scan.rest().starts_with('-');
  if (!scan.take("+-")) return std::nullopt;
  const std::optional<int> hours = scan.number(2);
  std::optional<int> minutes = 0;
  if (scan.take(":") || !scan.at_end()) minutes = scan.number(2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) {
    refuse_time(text, "an offset from UTC is written +01:00, +0100 or +01");
  }
  const std::int64_t seconds = (*hours * 60L + *minutes) * 60L;
  return west ? -seconds : seconds;
}

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t ns = 0;
};

TimeOfDay time_of_day(Scanner& scan, std::string_view text) {
  const std::optional<int> hour = scan.number(2);
  const bool colon = scan.take(":");
  const std::optional<int> minute = scan.number(2);
  std::optional<int> second = 0;
  std::int64_t ns = 0;
  if (scan.take(":")) {
    second = scan.number(2);
    if (second && scan.take(".,")) {
      const std::string_view fraction = scan.digits();
      if (fraction.empty()) refuse_time(text, "there is no digit behind the point");
      ns = *in_ns("", fraction, second_of_ns);
    }
  }
  if (!hour || !colon || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
    refuse_time(text, "a time of the day is 00:00:00 to 23:59:59.999999999");
  }
  return {*hour, *minute, *second, ns};
}

TimeText parse_date(std::string_view text) {
  Scanner scan(text);
  const std::optional<int> year = scan.number(4);
  const bool first_dash = scan.take("-");
  const std::optional<int> month = scan.number(2);
  const bool second_dash = scan.take("-");
  const std::optional<int> day = scan.number(2);
  if (!year || !month || !day || !first_dash || !second_dash)
    refuse_time(text, "a date is written 2026-11-21");
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) refuse_time(text, "there is no such day");
  TimeOfDay time;
  std::optional<std::int64_t> east;
  if (scan.take("Tt ")) {
    time = time_of_day(scan, text);
    east = zone(scan, text);
  }
  if (!scan.at_end()) refuse_time(text, "something is left behind the time");

  std::optional<std::int64_t> seconds;
  if (east) {
    seconds = std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count() +
              (time.hour * 60L + time.minute) * 60L + time.second - *east;
  } else {
    ::tm broken{};
    broken.tm_year = *year - 1900;
    broken.tm_mon = *month - 1;
    broken.tm_mday = *day;
    broken.tm_hour = time.hour;
    broken.tm_min = time.minute;
    broken.tm_sec = time.second;
    seconds = local_seconds(broken);
    if (!seconds) refuse_time(text, "clocks of the local time zone never show it (give an offset, or Z)");
  }
  std::int64_t ns = 0;
  if (*seconds < 0 || __builtin_mul_overflow(*seconds, second_of_ns, &ns) ||
      __builtin_add_overflow(ns, time.ns, &ns)) {
    refuse_time(text, "it must be from 1970 to 2262-04-11T23:47:16.854775807Z");
  }
  return realtime(ns);
}

// --- the others ---

TimeText parse_unix_seconds(std::string_view text) {
  Scanner scan(text.substr(1));
  const std::string_view whole = scan.digits();
  const std::string_view fraction = scan.take(".") ? scan.digits() : std::string_view();
  if (whole.empty() || !scan.at_end()) {
    refuse_time(text, "behind @ stand seconds since 1970: digits, and perhaps a point and more digits");
  }
  const std::optional<std::int64_t> ns = in_ns(whole, fraction, second_of_ns);
  if (!ns) refuse_time(text, "it must be from 1970 to 2262, @0 to @9223372036");
  return realtime(*ns);
}

TimeText parse_relative(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> units{{{"ns", 1},
                                                                            {"us", 1'000},
                                                                            {"ms", 1'000'000},
                                                                            {"s", second_of_ns},
                                                                            {"m", 60 * second_of_ns},
                                                                            {"h", 3600 * second_of_ns},
                                                                            {"d", 86400 * second_of_ns}}};
  Scanner scan(text);
  const bool back = text.starts_with('-');
  const bool has_sign = scan.take("+-");
  const std::string_view whole = scan.digits();
  const std::string_view fraction = scan.take(".") ? scan.digits() : std::string_view();
  const auto* const unit =
      std::ranges::find(units, scan.rest(), &std::pair<std::string_view, std::int64_t>::first);
  if (whole.empty() && fraction.empty()) refuse_time(text, "it begins like none");
  if (unit == units.end()) refuse_time(text, "a number is followed by something that is none of the units");
  if (!has_sign) refuse_time(text, "a time from now on has a sign");
  const std::optional<std::int64_t> ns = in_ns(whole, fraction, unit->second);
  if (!ns) refuse_time(text, "it is more than 64 bits of nanoseconds, 292 years");
  const std::int64_t signed_ns = back ? -*ns : *ns;
  return {TimeText::Kind::relative_ns, signed_ns, static_cast<double>(signed_ns), true};
}

/// Empty if it is no number.
std::optional<TimeText> parse_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos ||
      digits.front() == '+' || (digits.size() != text.size() && digits.front() == '-')) {
    return std::nullopt;
  }
  const char* const end = digits.data() + digits.size();
  TimeText result;
  const auto integer = std::from_chars(digits.data(), end, result.integer);
  if (integer.ptr == end) {
    if (integer.ec == std::errc::result_out_of_range) refuse_time(text, "it is more than 64 bits hold");
    result.number = static_cast<double>(result.integer);
    if (integer.ec == std::errc{}) return result;
  }
  const auto floating = std::from_chars(digits.data(), end, result.number);
  if (floating.ptr != end || floating.ec == std::errc::invalid_argument) return std::nullopt;
  if (floating.ec != std::errc{} || !std::isfinite(result.number)) {
    refuse_time(text, "it is more, or less, than a floating-point number holds");
  }
  result.integer = saturating::round(result.number);
  result.is_exact = false;
  return result;
}

}  // namespace

TimeText parse_time(std::string_view text) {
  if (text.empty()) refuse_time(text, "it is empty");
  if (text == "now") return {TimeText::Kind::relative_ns, 0, 0, true};
  if (text.front() == '@') return parse_unix_seconds(text);
  if (Scanner scan(text); scan.number(4) && scan.take("-")) return parse_date(text);
  if (const std::optional<TimeText> number = parse_number(text)) return *number;
  return parse_relative(text);
}

std::string iso_time(std::int64_t realtime_ns, int digits, bool utc) {
  std::int64_t seconds = realtime_ns / second_of_ns;
  std::int64_t ns = realtime_ns % second_of_ns;
  if (ns < 0) {
    ns += second_of_ns;
    --seconds;
  }
  const auto unix_seconds = static_cast<::time_t>(seconds);
  ::tm broken{};
  // An offset that is not of whole minutes, as before there were time zones, cannot be written.
  if (!utc && (::localtime_r(&unix_seconds, &broken) == nullptr || broken.tm_gmtoff % 60 != 0)) utc = true;
  if (utc) ::gmtime_r(&unix_seconds, &broken);
  std::array<char, 80> text{};
  const auto written = [](int count) { return static_cast<std::size_t>(std::max(count, 0)); };
  std::string result(text.data(),
                     written(std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d",
                                           broken.tm_year + 1900, broken.tm_mon + 1, broken.tm_mday,
                                           broken.tm_hour, broken.tm_min, broken.tm_sec)));
  if (digits > 0) {
    const std::string fraction = std::to_string(second_of_ns + ns).substr(1);
    result += "." + fraction.substr(0, static_cast<std::size_t>(digits));
  }
  if (utc) return result + "Z";
  const long minutes = std::labs(broken.tm_gmtoff) / 60;
  return result + std::string(text.data(), written(std::snprintf(text.data(), text.size(), "%c%02ld:%02ld",
                                                                 broken.tm_gmtoff < 0 ? '-' : '+',
                                                                 minutes / 60, minutes % 60)));
}

}  // namespace shm
