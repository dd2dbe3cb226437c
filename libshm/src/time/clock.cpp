// SPDX-License-Identifier: Apache-2.0
#include "shm/time/clock.hpp"

#include <errno.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "shm/base/error.hpp"
#include "shm/base/saturating.hpp"

namespace shm {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

constexpr std::array<std::pair<std::string_view, ::clockid_t>, 5> clocks{
    {{"MONOTONIC", CLOCK_MONOTONIC},
     {"REALTIME", CLOCK_REALTIME},
     {"TAI", CLOCK_TAI},
     {"BOOTTIME", CLOCK_BOOTTIME},
     {"MONOTONIC_RAW", CLOCK_MONOTONIC_RAW}}};

std::optional<::clockid_t> clock_number(std::string_view text) {
  ::clockid_t clock = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), clock);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return clock;
}

/// A clock that can be read, and the number to add to its readings.
struct ReadableClock {
  ::clockid_t clock;
  std::int64_t add_ns;

  [[nodiscard]] std::int64_t now() const {
    ::timespec time{};
    if (::clock_gettime(clock, &time) != 0) {
      throw SystemError(errno, "clock_gettime(" + clock_name(clock) + "): " + std::strerror(errno));
    }
    return saturating::add(std::int64_t{time.tv_sec} * second_ns + time.tv_nsec, add_ns);
  }
};

ReadableClock readable_clock(::clockid_t clock) {
  if (clock == CLOCK_TAI) return {CLOCK_REALTIME, tai_minus_realtime() * second_ns};
  return {clock, 0};
}

}  // namespace

std::string clock_name(::clockid_t clock) {
  for (const auto& [name, number] : clocks) {
    if (number == clock) return std::string(name);
  }
  return "CLOCK " + std::to_string(clock);
}

::clockid_t parse_clock(std::string_view name) {
  std::string upper(name);
  // By hand: the letters of clocks do not depend on the locale.
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::string_view text = upper;
  if (text.starts_with("CLOCK ")) {
    if (const auto number = clock_number(text.substr(6))) return *number;
  }
  if (text.starts_with("CLOCK_")) text.remove_prefix(6);
  for (const auto& [known, number] : clocks) {
    if (known == text) return number;
  }
  std::string all;
  for (const auto& clock : clocks) all += std::string(clock.first) + ", ";
  throw InvalidArgument("no such clock; one of " + all + "or CLOCK and its number was expected");
}

std::int64_t now_ns(::clockid_t clock) { return readable_clock(clock).now(); }

std::int64_t convert_ns(std::int64_t ns, ::clockid_t from, ::clockid_t to) {
  return ClockConversion(from, to)(ns);
}

ClockConversion::ClockConversion(::clockid_t from, ::clockid_t to) : offset_(0), uncertainty_(0) {
  const ReadableClock source = readable_clock(from);
  const ReadableClock target = readable_clock(to);
  if (source.clock == target.clock) {  // REALTIME and TAI, or twice the same: no measurement is needed
    static_cast<void>(source.now());   // though it must exist
    offset_ = target.add_ns - source.add_ns;
    return;
  }
  std::array<Reading, 5> readings;  // an interruption in between must not count
  for (Reading& reading : readings) {
    reading.from_before = source.now();
    reading.to = target.now();
    reading.from_after = source.now();
  }
  *this = of(readings);
}

ClockConversion ClockConversion::of(std::span<const Reading> readings) {
  // A clock that stepped back in between is no measure.
  const auto gap = [](const Reading& reading) {
    const std::int64_t ns = saturating::subtract(reading.from_after, reading.from_before);
    return ns < 0 ? INT64_MAX : ns;
  };
  const Reading& best = *std::ranges::min_element(readings, {}, gap);
  const std::int64_t half = gap(best) / 2;
  return {saturating::subtract(best.to, saturating::add(best.from_before, half)), half + 1};
}

std::int64_t ClockConversion::operator()(std::int64_t ns) const noexcept {
  return saturating::add(ns, offset_);
}

ClockConversion ClockConversion::inverse() const noexcept {
  return {saturating::subtract<std::int64_t>(0, offset_), uncertainty_};
}

}  // namespace shm
