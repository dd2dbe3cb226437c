// SPDX-License-Identifier: Apache-2.0

// Fault: a failure of the simulated card on request. README.md describes how a program sees each one.
#pragma once

#include <cstdint>
#include <string_view>

namespace simulated_card {

enum class FaultKind : std::uint32_t { overrun = 1, suspend = 2, unplug = 3, stall = 4 };

struct Fault {
  FaultKind kind = FaultKind::overrun;
  std::int64_t duration_ns = 0;  ///< suspend, unplug, stall: counted from the request
  std::int64_t frames = 0;       ///< overrun: for how long the program cannot read before frames are lost
  bool can_resume = true;        ///< suspend: snd_pcm_resume works once the time has passed
  std::int64_t requested_ns = 0;

  [[nodiscard]] std::int64_t until_ns() const { return requested_ns + duration_ns; }
};

[[nodiscard]] constexpr std::string_view name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::overrun:
      return "overrun";
    case FaultKind::suspend:
      return "suspend";
    case FaultKind::unplug:
      return "unplug";
    case FaultKind::stall:
      return "stall";
  }
  return "unknown";
}

}  // namespace simulated_card
