// SPDX-License-Identifier: Apache-2.0

// A reader driven by an input: every function of a reader, in the order that the input gives. Any result that
// shm/stream/raw_reader.hpp documents is right; the script checks the promises that hold for any bytes.
#pragma once

#include <functional>
#include <optional>

#include "shm/stream/raw_reader.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// The script calls it where bytes may change under the reader: between its calls, and within calls that call back.
using Meanwhile = std::function<void()>;

/// Attaches to stream_name; empty if the stream was refused, which is right, too.
[[nodiscard]] std::optional<RawReader> attach(Input& input);

/// Makes one call of a reader. A new function of readers is a new case of it.
void read_something(RawReader& reader, Input& input, const Meanwhile& meanwhile);

/// Runs an action that may throw shm::Error, and no other exception.
void attempt(const std::function<void()>& action);

/// Returns a deadline: mostly now, otherwise a moment later.
[[nodiscard]] Deadline soon(Input& input);

}  // namespace shm::fuzz
