// SPDX-License-Identifier: Apache-2.0

// Look-ups by key driven by an input: everything that an index map of a stream can be asked. Any answer will
// do that lies within what was asked for.
#pragma once

#include "shm/stream/raw_reader.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// Are there keys to ask for?
[[nodiscard]] bool has_keys(const RawReader& reader);

/// One question. REQUIRES: has_keys(). @throws Error.
void look_up_something(RawReader& reader, Input& input);

}  // namespace shm::fuzz
