// SPDX-License-Identifier: Apache-2.0

// How a reader waits for items.
#pragma once

#include "shm/base/chrono.hpp"

namespace shm {

/// spin:  lowest latency, burns the core.
/// sleep: cheapest; an awakening takes as long as the kernel takes (tens of microseconds).
/// spin_then_sleep: spins for `spin_for`, then sleeps. The default.
struct WaitStrategy {
  enum class Kind { spin, spin_then_sleep, sleep };

  Kind kind = Kind::spin_then_sleep;
  std::chrono::nanoseconds spin_for = std::chrono::microseconds(20);

  /// Does it spin, for a while worth the name?
  [[nodiscard]] constexpr bool spins() const noexcept {
    return kind == Kind::spin || (kind == Kind::spin_then_sleep && spin_for >= std::chrono::microseconds(2));
  }

  [[nodiscard]] static constexpr WaitStrategy spin() { return {Kind::spin, {}}; }
  [[nodiscard]] static constexpr WaitStrategy sleep() { return {Kind::sleep, {}}; }
};

}  // namespace shm
