// SPDX-License-Identifier: Apache-2.0

// A reader driven by an input: every function of a reader, in the order that the input gives. Any result is right that
// shm/stream/raw_reader.hpp documents; what must hold whatever the bytes are is checked.
#pragma once

#include <functional>
#include <optional>

#include "shm/stream/raw_reader.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// Called where bytes may change under the reader: between its calls, and within those that call back.
using Meanwhile = std::function<void()>;

/// Attaches to stream_name. Empty: it was refused, which is right too.
[[nodiscard]] std::optional<RawReader> attach(Input& input);

/// One call. New things that readers can do are new cases of it.
void read_something(RawReader& reader, Input& input, const Meanwhile& meanwhile);

/// Runs an action that may throw shm::Error, and nothing else.
void attempt(const std::function<void()>& action);

/// Now, mostly; else a moment that is over at once.
[[nodiscard]] Deadline soon(Input& input);

}  // namespace shm::fuzz
