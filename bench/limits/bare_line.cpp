// SPDX-License-Identifier: Apache-2.0
#include "limits/bare_line.hpp"

#include <algorithm>
#include <stdexcept>

#include "shm/ring/copy.hpp"
#include "support/clock.hpp"

namespace shm::bench {
namespace {

void wait_for(const Line& line, std::uint64_t turn) {
  constexpr std::uint64_t patience = std::uint64_t{1} << 29;  // turns: several seconds
  for (std::uint64_t i = 0; i < patience; ++i) {
    if (line.load(std::memory_order_acquire) == turn) return;
    ring::pause();
  }
  throw std::runtime_error("a bare line is not bounced back");
}

}  // namespace

std::vector<double> ask(Line& line, const Bounces& bounces) {
  std::vector<double> one_way;
  one_way.reserve(bounces.stamps);
  // Even numbers come from the replying side, odd ones from the asking side.
  std::uint64_t turn = line.load(std::memory_order_acquire);
  std::uint64_t last = ticks();
  for (std::uint64_t stamp = 0; stamp < bounces.stamps; ++stamp) {
    for (std::uint64_t i = 0; i < bounces.per_stamp; ++i) {
      line.store(turn + 1, std::memory_order_release);
      turn += 2;
      wait_for(line, turn);
    }
    const std::uint64_t now = ticks();
    one_way.push_back(ns_between(last, now) / static_cast<double>(2 * bounces.per_stamp));
    last = now;
  }
  return one_way;
}

void answer(Line& line, const Bounces& bounces) {
  // The other side may have begun already.
  std::uint64_t turn = line.load(std::memory_order_acquire) | 1;
  for (std::uint64_t i = 0; i < bounces.rounds(); ++i, turn += 2) {
    wait_for(line, turn);
    line.store(turn + 1, std::memory_order_release);
  }
}

Placement placement_of(double one_way_ns) noexcept {
  if (one_way_ns < 39) return Placement::siblings;
  return one_way_ns < 100 ? Placement::near : Placement::far;
}

std::string_view to_string(Placement placement) noexcept {
  switch (placement) {
    case Placement::siblings:
      return "siblings";
    case Placement::near:
      return "near";
    case Placement::far:
      return "far";
  }
  return "?";
}

bool agree(double before_ns, double after_ns) noexcept {
  const auto [low, high] = std::minmax(before_ns, after_ns);
  return placement_of(low) == placement_of(high) && high <= 1.15 * low;
}

}  // namespace shm::bench
