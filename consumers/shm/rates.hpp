// SPDX-License-Identifier: Apache-2.0

// Rates, from the counters of a stream.
#pragma once

#include <cstdint>

#include "shm/storage/stream_info.hpp"

namespace shm::programs {

/// The bytes of all items (or records) that the stream ever got. The difference of two results is what was
/// written between the calls.
[[nodiscard]] constexpr double bytes_inserted(const shm::StreamInfo& info) noexcept {
  if (info.records) return static_cast<double>(info.records->bytes_inserted);
  return static_cast<double>(info.items.inserted) * static_cast<double>(info.items.item_bytes);
}

}  // namespace shm::programs
