// SPDX-License-Identifier: Apache-2.0

// Look-ups by key, driven by an input: every function of a stream's index maps. Any result within the given range is
// right.
#pragma once

#include "shm/stream/raw_reader.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// Returns whether the stream has keys.
[[nodiscard]] bool has_keys(const RawReader& reader);

/// Does one look-up. REQUIRES: has_keys(). @throws Error.
void look_up_something(RawReader& reader, Input& input);

}  // namespace shm::fuzz
