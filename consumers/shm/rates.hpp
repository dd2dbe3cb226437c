// What comes in a time, of what a stream says of itself.
#pragma once

#include <cstdint>

#include "shm/stream_options.hpp"

namespace shm::consumers {

/// The bytes that all items of the stream took, or would have taken, so far: differences of it are what was
/// written meanwhile.
[[nodiscard]] constexpr double bytes_inserted(const shm::StreamInfo& info) noexcept {
  return static_cast<double>(info.inserted) * static_cast<double>(info.item_bytes);
}

}  // namespace shm::consumers
