// SPDX-License-Identifier: Apache-2.0

// Clocks by name, and conversions of a time of one clock into that of another.
//
//   shm::ClockConversion to_realtime(CLOCK_MONOTONIC, CLOCK_REALTIME);  // measured once, for a whole run
//   std::int64_t utc = to_realtime(key);
//   std::int64_t within = to_realtime.uncertainty_ns();                 // some tens
//   // With the offset of the time at which the stream was created:
//   shm::ClockConversion then = shm::ClockConversion::known(info.clock.realtime_minus_clock_ns);
//
// A conversion adds the offset of the moment at which it was measured. It does not include earlier or later
// steps of CLOCK_REALTIME (by an administrator, an NTP daemon, a leap second), nor the difference of clocks
// that run at different rates: a time of an hour ago may be off by the corrections since then.
//
// CLOCK_TAI is REALTIME plus the leap seconds, 37 s in 2026. Until an NTP daemon sets them, the kernel has no
// leap seconds and its CLOCK_TAI equals REALTIME. These functions use the kernel's leap seconds if it has
// them, else the table of tzdata, else they throw an Error. So shm::now_ns(CLOCK_TAI) is TAI even where
// clock_gettime() is not. An expired table is used: leap seconds are announced half a year ahead, the last
// one was in 2016, and no further one is likely.
//
// Any thread may use them. Sums saturate (base/saturating.hpp). What is thrown is at each function.
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
/// The clock of a name from clock_name(), in any case, with or without CLOCK_ before it.
/// @throws InvalidArgument  no such clock.
[[nodiscard]] SHM_API ::clockid_t parse_clock(std::string_view name);

/// @throws SystemError  no such clock. Error  TAI, and its offset is unknown.
[[nodiscard]] SHM_API std::int64_t now_ns(::clockid_t clock);

/// Converts with offsets measured now. For many times of one run use a ClockConversion: then they agree.
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
  /// A conversion with a known offset, such as that of a stream; the offset is added.
  [[nodiscard]] static ClockConversion known(std::int64_t offset_ns, std::int64_t uncertainty_ns = 0) {
    return {offset_ns, uncertainty_ns};
  }
  /// A conversion with the offset of the closest reading. REQUIRES: there is at least one.
  [[nodiscard]] static ClockConversion of(std::span<const Reading> readings);

  [[nodiscard]] std::int64_t operator()(std::int64_t ns) const noexcept;
  [[nodiscard]] ClockConversion inverse() const noexcept;
  [[nodiscard]] std::int64_t offset_ns() const noexcept { return offset_; }
  /// How far off the offset may be, since the readings were not of the same moment.
  [[nodiscard]] std::int64_t uncertainty_ns() const noexcept { return uncertainty_; }

 private:
  ClockConversion(std::int64_t offset, std::int64_t uncertainty)
      : offset_(offset), uncertainty_(uncertainty) {}

  std::int64_t offset_;
  std::int64_t uncertainty_;
};

/// TAI minus REALTIME, in seconds, now. @throws Error (tai_offset_unknown)  kernel and tzdata do not have it.
[[nodiscard]] SHM_API int tai_minus_realtime();
/// The same from the arguments: the kernel's offset (0: unknown); tables in the format of tzdata's
/// leap-seconds.list or leapseconds, of which the first readable one is used; and the time in seconds since
/// 1970. @throws Error (tai_offset_unknown)
[[nodiscard]] SHM_API int tai_minus_realtime(int kernel, std::span<const std::filesystem::path> tables,
                                             std::int64_t realtime_s);

}  // namespace shm
