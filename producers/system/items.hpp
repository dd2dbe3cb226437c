// SPDX-License-Identifier: Apache-2.0

// The items of shm-system: one item of each stream for every sample.
//
//   shm::Reader<shm::programs::CpuUse> in("pc/cpu", shm::Start::next());
//   for (const auto& cpu : in) std::printf("%.0f %% idle\n", 100 * cpu.idle);
//
// time_ns is CLOCK_MONOTONIC just after the counters were read: the end of the interval of fractions and
// rates. The interval begins with the item before. Before a stream's first item, and after a restart, it
// begins with a reading that is not published. No member needs padding, so every byte is written.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>

#include "shm/format/described.hpp"

namespace shm::programs {

/// PREFIX/cpu: the time of all processors in the interval, as fractions that add up to 1. All are NaN if the
/// kernel counted no tick in it: it counts in ticks of 10 ms for each processor.
struct CpuUse {
  std::int64_t time_ns = 0;
  double user = 0;
  double nice = 0;
  double system = 0;
  double idle = 0;
  double iowait = 0;
  double irq = 0;
  double softirq = 0;
  double steal = 0;
  std::uint64_t processors = 0;  ///< that are online
};
BOOST_DESCRIBE_STRUCT(CpuUse, (),
                      (time_ns, user, nice, system, idle, iowait, irq, softirq, steal, processors))

/// PREFIX/memory: bytes.
struct MemoryUse {
  std::int64_t time_ns = 0;
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t available = 0;
  std::uint64_t buffers = 0;
  std::uint64_t cached = 0;
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;
};
BOOST_DESCRIBE_STRUCT(MemoryUse, (),
                      (time_ns, total, free, available, buffers, cached, swap_total, swap_free))

/// PREFIX/load: the kernel's load averages, and its threads.
struct LoadAverages {
  std::int64_t time_ns = 0;
  double load_1 = 0;  ///< of the last minute, 5 and 15 minutes
  double load_5 = 0;
  double load_15 = 0;
  std::uint64_t running = 0;  ///< that run or could
  std::uint64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(LoadAverages, (), (time_ns, load_1, load_5, load_15, running, total))

/// PREFIX/network: sums over all interfaces except lo. The counters are those of the interfaces that exist
/// now: when one goes, they go down. The rates are bytes a second over the interval, of the interfaces that
/// existed at both its ends; one whose counter went backwards counts as 0. They are never negative.
struct NetworkTraffic {
  std::int64_t time_ns = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t received_packets = 0;
  std::uint64_t received_errors = 0;
  std::uint64_t received_drops = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_errors = 0;
  std::uint64_t sent_drops = 0;
  double received_rate = 0;
  double sent_rate = 0;
};
BOOST_DESCRIBE_STRUCT(NetworkTraffic, (),
                      (time_ns, received_bytes, received_packets, received_errors, received_drops, sent_bytes,
                       sent_packets, sent_errors, sent_drops, received_rate, sent_rate))

}  // namespace shm::programs
