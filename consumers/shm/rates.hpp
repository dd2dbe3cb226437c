// SPDX-License-Identifier: Apache-2.0

// Rates, from the counters of a stream.
#pragma once

#include <cstdint>

#include "shm/storage/stream_options.hpp"

namespace shm::programs {

/// The bytes of all items (or records) that the stream ever got: differences of it are what was written
/// meanwhile.
[[nodiscard]] constexpr double bytes_inserted(const shm::StreamInfo& info) noexcept {
  if (info.has_records) return static_cast<double>(info.record_bytes_inserted);
  return static_cast<double>(info.inserted) * static_cast<double>(info.item_bytes);
}

}  // namespace shm::programs
