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
  std::uint32_t lossless = 0;       // this reader's number in the slot, odd; 0: not lossless
  bool fences = false;              // no membarrier reaches us: fence after each acknowledgement
  layout::ReaderSlot own{};
};

}  // namespace shm
