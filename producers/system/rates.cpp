// SPDX-License-Identifier: Apache-2.0
#include "producers/system/rates.hpp"

#include <array>
#include <limits>

namespace shm::programs {
namespace {

/// As a double: differences of hostile counters may add up to more than 64 bits hold.
double counted(std::uint64_t before, std::uint64_t now) {
  return now > before ? static_cast<double>(now - before) : 0;
}

}  // namespace

CpuUse cpu_use(const CpuCounters& before, const CpuCounters& now) {
  std::array<double, 8> parts{};
  double whole = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = counted(before.ticks[i], now.ticks[i]);
    whole += parts[i];
  }
  for (double& part : parts) part = whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
  return {.time_ns = 0,
          .user = parts[0],
          .nice = parts[1],
          .system = parts[2],
          .idle = parts[3],
          .iowait = parts[4],
          .irq = parts[5],
          .softirq = parts[6],
          .steal = parts[7],
          .processors = now.processors};
}

NetworkTraffic network_traffic(const NetworkCounters& before, const NetworkCounters& now,
                               std::int64_t interval_ns) {
  double received = 0;
  double sent = 0;
  for (const auto& [name, counters] : now.interfaces) {
    const auto earlier = before.interfaces.find(name);
    if (earlier == before.interfaces.end()) continue;
    received += counted(earlier->second.received.bytes, counters.received.bytes);
    sent += counted(earlier->second.sent.bytes, counters.sent.bytes);
  }
  const double seconds = static_cast<double>(interval_ns) / 1e9;
  return {.time_ns = 0,
          .received_bytes = now.sum.received.bytes,
          .received_packets = now.sum.received.packets,
          .received_errors = now.sum.received.errors,
          .received_drops = now.sum.received.drops,
          .sent_bytes = now.sum.sent.bytes,
          .sent_packets = now.sum.sent.packets,
          .sent_errors = now.sum.sent.errors,
          .sent_drops = now.sum.sent.drops,
          .received_rate = interval_ns > 0 ? received / seconds : 0,
          .sent_rate = interval_ns > 0 ? sent / seconds : 0};
}

}  // namespace shm::programs
