// SPDX-License-Identifier: Apache-2.0

// Look-ups by key, driven by an input: every function of a stream's index maps. Any result is right that lies within
// the range that was asked for.
#pragma once

#include "shm/stream/raw_reader.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// Whether the stream has keys.
[[nodiscard]] bool has_keys(const RawReader& reader);

/// One look-up. REQUIRES: has_keys(). @throws Error.
void look_up_something(RawReader& reader, Input& input);

}  // namespace shm::fuzz
