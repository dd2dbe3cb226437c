// A reader's place in the stream's table: a slot of the control file with a lock of its own; or, for a reader
// that is not listed, a slot that nobody else sees.
#pragma once

#include <optional>

#include "segment/control_file.hpp"
#include "shm/raw_reader.hpp"

namespace shm {

struct RawReader::Place {
  std::optional<segment::ControlFile> control;
  std::optional<std::size_t> slot;  // locked, in `control`
  layout::ReaderSlot own{};
};

}  // namespace shm
