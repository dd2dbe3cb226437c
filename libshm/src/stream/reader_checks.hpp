// SPDX-License-Identifier: Apache-2.0

// Checks of what a caller gives to a reader.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "shm/base/error.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::detail {

/// @throws InvalidArgument  `item` does not hold exactly one item.
inline void check_room(const RawReader& reader, std::span<std::byte> item) {
  if (item.size() == reader.item_bytes()) return;
  throw InvalidArgument("stream '" + reader.name() + "' has items of " + std::to_string(reader.item_bytes()) +
                        " bytes; room for " + std::to_string(item.size()) + " was given");
}

/// @throws InvalidArgument  the stream does not always hold so many items at once.
inline void check_can_hold(const RawReader& reader, std::uint64_t items) {
  if (items <= reader.history()) return;
  throw InvalidArgument("stream '" + reader.name() + "': " + std::to_string(items) +
                        " items at once are more than the " + std::to_string(reader.history()) +
                        " that it always holds (StreamOptions::history)");
}

}  // namespace shm::detail
