// SPDX-License-Identifier: Apache-2.0

// Parsers of files of /proc. All functions are pure, and accept any text: a text that is not whole, is not a
// number or is too large for one is refused, never guessed.
//
//   CpuCounters now = parse_stat(text);      // of /proc/stat
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "producers/system/items.hpp"

namespace shm::programs {

/// The text is not what the kernel writes there. what() names the defect, but not the file.
class BadText : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// /proc/stat: ticks since boot, of all processors together.
struct CpuCounters {
  /// user, nice, system, idle, iowait, irq, softirq, steal. Guests' time is in user and nice already.
  std::array<std::uint64_t, 8> ticks{};
  std::uint64_t processors = 0;
};

/// One interface of /proc/net/dev, since it was made.
struct InterfaceCounters {
  struct Direction {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t errors = 0;
    std::uint64_t drops = 0;
    friend bool operator==(const Direction&, const Direction&) = default;
  };
  Direction received;
  Direction sent;
  friend bool operator==(const InterfaceCounters&, const InterfaceCounters&) = default;
};

/// /proc/net/dev, without lo: packets of a machine to itself are no traffic.
struct NetworkCounters {
  std::map<std::string, InterfaceCounters, std::less<>> interfaces;
  InterfaceCounters sum;
};

/// All of them: @throws BadText.
[[nodiscard]] CpuCounters parse_stat(std::string_view text);
[[nodiscard]] MemoryUse parse_meminfo(std::string_view text);     ///< time_ns is left 0
[[nodiscard]] LoadAverages parse_loadavg(std::string_view text);  ///< time_ns is left 0
[[nodiscard]] NetworkCounters parse_net_dev(std::string_view text);

}  // namespace shm::programs
