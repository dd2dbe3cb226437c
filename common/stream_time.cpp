// SPDX-License-Identifier: Apache-2.0
#include "common/stream_time.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "common/program.hpp"
#include "shm/base/error.hpp"
#include "shm/query/key_range.hpp"

namespace shm::programs {
namespace {

template <class Parse>
std::string complaint(Parse parse) {
  try {
    static_cast<void>(parse());
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

bool counts_seconds(const shm::RawReader& reader) {
  const shm::StreamInfo info = reader.info();
  if (info.timestamp.kind == shm::Timestamp::Kind::none) return false;
  const shm::FormatField& root = reader.format().root();
  if (info.timestamp.kind == shm::Timestamp::Kind::first_element) return root.type == 'f' || root.type == 'd';
  for (const shm::FormatField& field : root.fields) {
    if (field.offset == info.timestamp.offset) return field.type == 'f' || field.type == 'd';
  }
  return false;
}

/// Measured once for each clock: times of one clock stay as far apart as they are.
const shm::ClockConversion& to_realtime(::clockid_t clock) {
  static std::map<::clockid_t, shm::ClockConversion> measured;
  return measured.try_emplace(clock, clock, CLOCK_REALTIME).first->second;
}

}  // namespace

Option add_time_option(Command& app, const std::string& name, std::string& text, const std::string& help) {
  return app.add_option(name, text, help).type_name("TIME").check([](const std::string& given) {
    return complaint([&] { return shm::parse_time(given); });
  });
}

void add_time_options(Command& app, TimeSpan& span) {
  add_time_option(
      app, "--since", span.since,
      "Begin with the first item at or after this time: 2026-11-21T14:03:00Z (without a zone: local), "
      "-10s (from now), or a raw key");
  add_time_option(app, "--until", span.until, "End before the first item at or after this time");
}

std::int64_t parse_duration(const std::string& text) {
  if (text == "0") return 0;
  const std::string expected = "must be a duration such as 20ms, 1.5s or 2h, not '" + text + "'";
  if (text.empty() || text.front() == '-' || text.front() == '+' || text.front() == '@')
    throw UsageError(expected);
  shm::TimeText time;
  try {
    time = shm::parse_time("+" + text);
  } catch (const shm::InvalidArgument&) {
    throw UsageError(expected);
  }
  if (time.kind != shm::TimeText::Kind::relative_ns) throw UsageError(expected);
  return time.integer;
}

Option add_duration_option(Command& app, const std::string& name, std::string& text,
                           const std::string& help) {
  return app.add_option(name, text, help).type_name("DURATION").check([](const std::string& given) {
    return complaint([&] { return parse_duration(given); });
  });
}

StreamTime::StreamTime(const shm::RawReader& reader)
    : keys_(reader),
      clock_(reader.info().clock.id),
      counts_seconds_(counts_seconds(reader)),
      to_realtime_(to_realtime(clock_)),
      from_realtime_(to_realtime_.inverse()) {}

std::int64_t StreamTime::key_of(const std::string& text) const {
  const shm::TimeText time = shm::parse_time(text);
  switch (time.kind) {
    case shm::TimeText::Kind::realtime_ns:
      return from_realtime_(time.integer);
    case shm::TimeText::Kind::relative_ns:
      return shm::ClockConversion::known(time.integer)(shm::now_ns(clock_));
    case shm::TimeText::Kind::number:
      break;
  }
  if (counts_seconds_) {
    const double ns = time.number * 1e9;
    if (std::abs(ns) < 9.2e18) return std::llround(ns);
    throw UsageError("'" + text + "' is more seconds than a key holds");
  }
  if (!time.is_exact) throw UsageError("'" + text + "': the stream's keys are whole numbers");
  return time.integer;
}

std::string StreamTime::text_of(std::int64_t key) const { return shm::iso_time(to_realtime_(key)); }

void seek_since(shm::RawReader& reader, const StreamTime& time, const TimeSpan& span) {
  const std::int64_t since = time.key_of(span.since);
  if (!span.until.empty() && time.key_of(span.until) < since) throw UsageError("--until is before --since");
  const shm::KeyRange found = shm::find_range(reader, time.keys(), since, since,
                                              {.end = shm::Bound::inclusive, .take_what_is_left = true});
  reader.seek(found.items.begin);
  const auto oldest = time.keys().key(found.items.begin);
  if (!found.begins_in_past || !oldest) return;
  notice(fmt::format("'{}': what was before {} is overwritten", reader.info().name, time.text_of(*oldest)));
}

}  // namespace shm::programs
