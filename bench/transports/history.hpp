// SPDX-License-Identifier: Apache-2.0

// How long the history of libshm's stream is in a question, and so how many bytes the unchecked ring has.
#pragma once

#include <algorithm>
#include <cstdint>

#include "transports/transport.hpp"

namespace shm::bench {

/// In messages. The default (512 KiB, or 64 items), unless that is too large for the caches; for latency 512
/// KiB or one message: memory that is used again soon is still in the caches.
inline std::uint64_t history_of(const Channel& channel) {
  if (channel.depth > 0) return channel.depth;
  const std::uint64_t by_default = (std::uint64_t{512} << 10) / channel.bytes;
  if (channel.goal == Goal::latency) return std::max<std::uint64_t>(1, by_default);
  const std::uint64_t in_cache = std::max<std::uint64_t>(4, (std::uint64_t{4} << 20) / channel.bytes);
  return std::max(by_default, std::min<std::uint64_t>(64, in_cache));
}

}  // namespace shm::bench
