// SPDX-License-Identifier: Apache-2.0

// Times as people write them, and back.
//
//   shm::TimeText t = shm::parse_time("2026-11-21T14:03:00.25Z");
//   if (t.kind == shm::TimeText::Kind::realtime_ns) from = to_key(t.integer);   // shm/time/clock.hpp
//   shm::iso_time(t.integer);                                                   //
//   2026-11-21T14:03:00.250000000Z
//
// What is understood:
//   2026-11-21T14:03:00.25Z     a point of REALTIME; T or a space; seconds and their fraction may be left out
//   2026-11-21T15:03:00+01:00   at an offset from UTC: +01:00, +0100 or +01
//   2026-11-21T14:03            without one: in the local time zone (TZ)
//   2026-11-21                  its first moment, in the local time zone
//   @1700000000.5               seconds since 1970, UTC
//   now, -10s, +2h, -1.5m       from now on; ns us ms s m h d, always with a sign; a day is 24 hours
//   1234, -5, 0.25, 1e9         a raw key: a number of whatever the stream counts in
//
// REALTIME from 1970 to 2262-04-11T23:47:16.854775807Z, what 64 bits of nanoseconds hold. Digits beyond the
// nanosecond are cut off. A local time that clocks show twice, when summer ends, is the first of the two; one
// that they never show is refused.
//
// Any thread, as long as none changes TZ. Any bytes may be given.
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
  std::int64_t integer = 0;  ///< of a number that is_exact is false for: the nearest
  double number = 0;         ///< the same; of a raw key as it was written
  bool is_exact = true;      ///< false: a raw key that was written with a point or an exponent
};

/// @throws InvalidArgument  what was expected, with examples.
[[nodiscard]] SHM_API TimeText parse_time(std::string_view text);

/// Nanoseconds since 1970 as ISO 8601, with so many digits of the second's fraction (0 to 9, cut off): in UTC
/// with Z, or in the local time zone with its offset.
[[nodiscard]] SHM_API std::string iso_time(std::int64_t realtime_ns, int digits = 9, bool utc = true);

}  // namespace shm
