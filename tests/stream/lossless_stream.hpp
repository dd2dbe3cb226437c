// SPDX-License-Identifier: Apache-2.0

// A small lossless stream of numbers, item k being k, and its readers.
#pragma once

#include <cstdint>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

using Numbers = Writer<std::uint64_t>;
using NumberReader = Reader<std::uint64_t>;

[[nodiscard]] inline StreamOptions lossless(WhenFull when_full,
                                            std::chrono::nanoseconds patience = std::chrono::seconds(30)) {
  return {.history = 64, .lossless = LosslessOptions{.when_full = when_full, .patience = patience}};
}

[[nodiscard]] inline ReaderOptions lossless_reader(Acknowledge acknowledge = Acknowledge::with_read) {
  return {.name = "keeper", .lossless = acknowledge};
}

/// Appends numbers until there are `count`, or until one is dropped.
inline void append_up_to(Numbers& out, std::uint64_t count) {
  while (out.inserted() < count && out.append(out.inserted())) {
  }
}

/// Appends until the writer is held back (WhenFull::drop); returns the number of items.
inline std::uint64_t fill(Numbers& out) {
  append_up_to(out, UINT64_MAX);
  return out.inserted();
}

/// A stream that drops items when it is full, so that a test sees at once whether it is full.
struct FullStream {
  TestDirectory directory;
  Numbers out{"numbers", lossless(WhenFull::drop)};

  [[nodiscard]] bool is_held_back() { return !out.append(out.inserted()); }
};

}  // namespace shm::test
