// SPDX-License-Identifier: Apache-2.0

// The output of `shm cat` for a stream: its items by their format, or its records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/options.hpp"
#include "common/output.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::programs {

struct PrintingOptions {
  std::string format = "text";  ///< text, json, hex, raw
  bool index = false;           ///< put each item's index before it
};

class Printing {
 public:
  Printing() = default;
  virtual ~Printing() = default;
  Printing(const Printing&) = delete;
  Printing& operator=(const Printing&) = delete;

  /// Its cursor is where the next print() begins.
  [[nodiscard]] virtual shm::RawReader& reader() noexcept = 0;

  /// Prints at most `most` of the items that follow the cursor. Waits for the first of them.
  virtual shm::ReadResult print(std::uint64_t most, shm::Deadline deadline, Output& out) = 0;
};

/// Attaches at the next item, to a stream of items or of records. @throws as attach().
[[nodiscard]] std::unique_ptr<Printing> make_printing(const StreamArguments& arguments,
                                                      const PrintingOptions& options,
                                                      const std::string& name);

}  // namespace shm::programs
