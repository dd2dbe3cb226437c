// SPDX-License-Identifier: Apache-2.0

// How a reader waits for items.
//
//   shm::Reader<Tick> in("market/ticks", shm::Start::next(), {.waiting = shm::WaitStrategy::spin()});
//
// A plain value: any thread may use one. Nothing here throws.
#pragma once

#include "shm/base/chrono.hpp"

namespace shm {

/// | kind            | what it does                     | latency                      | processor time |
/// |-----------------|----------------------------------|------------------------------|----------------|
/// | spin            | polls                            | lowest                       | a whole core   |
/// | sleep           | sleeps in the kernel             | tens of microseconds to wake | least          |
/// | spin_then_sleep | polls for `spin_for`, then sleeps | lowest for a short wait      | in between     |
///
/// The default is spin_then_sleep with 20 microseconds.
struct WaitStrategy {
  enum class Kind { spin, spin_then_sleep, sleep };

  Kind kind = Kind::spin_then_sleep;
  std::chrono::nanoseconds spin_for = std::chrono::microseconds(20);

  /// True if it spins for 2 microseconds or more.
  [[nodiscard]] constexpr bool spins() const noexcept {
    return kind == Kind::spin || (kind == Kind::spin_then_sleep && spin_for >= std::chrono::microseconds(2));
  }

  [[nodiscard]] static constexpr WaitStrategy spin() { return {Kind::spin, {}}; }
  [[nodiscard]] static constexpr WaitStrategy sleep() { return {Kind::sleep, {}}; }
};

}  // namespace shm
