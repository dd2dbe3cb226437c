// SPDX-License-Identifier: Apache-2.0

// Clocks by name, and from the time of one to that of another.
//
//   shm::ClockConversion to_realtime(CLOCK_MONOTONIC, CLOCK_REALTIME);   // measured once, for a whole run
//   std::int64_t utc = to_realtime(key);
//   to_realtime.uncertainty_ns();                                        // of the reading: some tens
//   shm::ClockConversion then = shm::ClockConversion::known(info.realtime_minus_clock_ns);  // at its
//   creation
//
// A conversion is by the offset of the moment at which it was measured. Steps of CLOCK_REALTIME before or
// since (an administrator, an NTP daemon, a leap second) are not known, and neither is that clocks are slewed
// at different rates: a time of an hour ago may be off by what was corrected since.
//
// CLOCK_TAI is REALTIME and the leap seconds, 37 s in 2026. The kernel does not know them until an NTP daemon
// says so, and until then its CLOCK_TAI is REALTIME. Here they are taken from the kernel if it knows, else
// from tzdata's table; where there is neither, an Error is thrown, and nothing pretended. So
// shm::now_ns(CLOCK_TAI) is TAI where clock_gettime() may not be. A table that has expired is used: new leap
// seconds are announced half a year ahead, none has been since 2016, and none is likely.
//
// Any thread. Sums that do not fit in 64 bits stop at the end.
#pragma once

#include <time.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "shm/base/export.hpp"

namespace shm {

/// "MONOTONIC", "REALTIME", "TAI", "BOOTTIME", "MONOTONIC_RAW"; "CLOCK n" for others.
[[nodiscard]] SHM_API std::string clock_name(::clockid_t clock);
/// By what clock_name() says, in any case and with or without CLOCK_ before it.
/// @throws InvalidArgument  no such clock.
[[nodiscard]] SHM_API ::clockid_t parse_clock(std::string_view name);

/// @throws SystemError  no such clock. Error  TAI, and its offset is unknown.
[[nodiscard]] SHM_API std::int64_t now_ns(::clockid_t clock);

/// By offsets measured now. For many times of one run use a ClockConversion: then they agree.
/// @throws SystemError, Error  as now_ns().
[[nodiscard]] SHM_API std::int64_t convert_ns(std::int64_t ns, ::clockid_t from, ::clockid_t to);

class SHM_API ClockConversion {
 public:
  /// One clock's reading between two of the other.
  struct Reading {
    std::int64_t from_before = 0;
    std::int64_t to = 0;
    std::int64_t from_after = 0;
  };

  /// Measures the offset. @throws SystemError, Error  as now_ns().
  ClockConversion(::clockid_t from, ::clockid_t to);
  /// Of an offset that is known, such as a stream's: what is to be added.
  [[nodiscard]] static ClockConversion known(std::int64_t offset_ns, std::int64_t uncertainty_ns = 0) {
    return {offset_ns, uncertainty_ns};
  }
  /// The offset that the closest of some readings shows. REQUIRES: at least one.
  [[nodiscard]] static ClockConversion of(std::span<const Reading> readings);

  [[nodiscard]] std::int64_t operator()(std::int64_t ns) const noexcept;
  [[nodiscard]] ClockConversion inverse() const noexcept;
  [[nodiscard]] std::int64_t offset_ns() const noexcept { return offset_; }
  /// How far off the offset may be, for the readings were not of the same moment.
  [[nodiscard]] std::int64_t uncertainty_ns() const noexcept { return uncertainty_; }

 private:
  ClockConversion(std::int64_t offset, std::int64_t uncertainty)
      : offset_(offset), uncertainty_(uncertainty) {}

  std::int64_t offset_;
  std::int64_t uncertainty_;
};

/// TAI minus REALTIME, in seconds, now. @throws Error  nobody here knows.
[[nodiscard]] SHM_API int tai_minus_realtime();
/// The same of what is given: what the kernel says (0: it does not know), tables in the format of tzdata's
/// leap-seconds.list or leapseconds, of which the first counts that can be read, and the time in seconds
/// since 1970. @throws Error
[[nodiscard]] SHM_API int tai_minus_realtime(int kernel, std::span<const std::filesystem::path> tables,
                                             std::int64_t realtime_s);

}  // namespace shm
