// SPDX-License-Identifier: Apache-2.0

// Times as text for people, and back.
//
//   shm::TimeText parsed = shm::parse_time("2026-11-21T14:03:00.25Z");
//   bool is_date = parsed.kind == shm::TimeText::Kind::realtime_ns;  // of another clock: shm/time/clock.hpp
//   std::string text = shm::iso_time(parsed.integer);                // 2026-11-21T14:03:00.250000000Z
//
// The forms:
//   2026-11-21T14:03:00.25Z     a point of REALTIME; T or a space; seconds and their fraction may be left out
//   2026-11-21T15:03:00+01:00   at an offset from UTC: +01:00, +0100 or +01
//   2026-11-21T14:03            without one: in the local time zone (TZ)
//   2026-11-21                  its first moment, in the local time zone
//   @1700000000.5               seconds since 1970, UTC
//   now, -10s, +2h, -1.5m       from now on; ns us ms s m h d, always with a sign; a day is 24 hours
//   1234, -5, 0.25, 1e9         a raw key: a number in the unit of the stream's keys
//
// Dates go from 1970 to 2262-04-11T23:47:16.854775807Z, the range of 64 bits of nanoseconds. Digits beyond the
// nanosecond are cut off. If clocks show a local time twice, when summer ends, it is the first of the two; a
// local time that clocks never show is refused.
//
// Any thread may call these functions while no thread changes TZ. The text may be any bytes. parse_time() throws
// InvalidArgument.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shm/base/export.hpp"

namespace shm {

struct TimeText {
  enum class Kind {
    realtime_ns,  ///< nanoseconds since 1970, UTC
    relative_ns,  ///< nanoseconds from now on
    number,       ///< a raw key
  };

  Kind kind = Kind::number;
  std::int64_t integer = 0;  ///< the value; the nearest integer if !is_exact
  double number = 0;         ///< the same value; a raw key as it was written
  bool is_exact = true;      ///< false: a raw key that was written with a point or an exponent
};

/// @throws InvalidArgument  no such form; the message has examples.
[[nodiscard]] SHM_API TimeText parse_time(std::string_view text);

/// Nanoseconds since 1970 as ISO 8601, with `digits` digits of the fraction of a second (0 to 9, cut off): in
/// UTC with Z, or in the local time zone with its offset.
[[nodiscard]] SHM_API std::string iso_time(std::int64_t realtime_ns, int digits = 9, bool utc = true);

}  // namespace shm
