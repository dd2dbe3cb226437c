// SPDX-License-Identifier: Apache-2.0

// A reader's place in the stream's table: a slot of the control file with a lock of its own; or, for a reader
// that is not listed, a slot that nobody else sees.
#pragma once

#include <optional>

#include "shm/stream/raw_reader.hpp"
#include "storage/control_file.hpp"

namespace shm {

struct RawReader::Place {
  std::optional<storage::ControlFile> control;
  std::optional<std::size_t> slot;  // locked, in `control`
  layout::ReaderSlot own{};
};

}  // namespace shm
