// SPDX-License-Identifier: Apache-2.0

// A limit: a cache line bounced between two processes that spin with `pause` and both write it: the least
// cost of any exchange. It is also the probe of the placement of the two processors: on a virtual machine
// they are placed anew every few seconds, and a bounce then costs several times as much or as little.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/shared.hpp"

namespace shm::bench {

using Line = std::atomic<std::uint64_t>;

/// Make it before forking the other process.
class BareLine {
 public:
  /// @throws std::system_error
  BareLine() : memory_(4096) {}
  [[nodiscard]] Line& operator*() const noexcept { return *reinterpret_cast<Line*>(memory_.data()); }

 private:
  SharedPages memory_;
};

/// Round trips per time stamp, and how many stamps.
struct Bounces {
  std::uint64_t per_stamp = 16;
  std::uint64_t stamps = 1000;
  [[nodiscard]] std::uint64_t rounds() const { return per_stamp * stamps; }
};

/// Bounces; returns the ns of one way for each stamp. @throws std::runtime_error  the other side does not
/// reply.
[[nodiscard]] std::vector<double> ask(Line& line, const Bounces& bounces);
/// The other side of ask(), with the same `bounces`. @throws std::runtime_error
void answer(Line& line, const Bounces& bounces);

/// The placement of the processors, by the cost of a bounce of one line.
enum class Placement { siblings, near, far };
[[nodiscard]] Placement placement_of(double one_way_ns) noexcept;
[[nodiscard]] std::string_view to_string(Placement placement) noexcept;

/// Two probes around a measurement: whether the placement stayed.
[[nodiscard]] bool agree(double before_ns, double after_ns) noexcept;

}  // namespace shm::bench
