// SPDX-License-Identifier: Apache-2.0

// The roles of workers. A new kind of append or of reading is a class with one function, and a line in registry.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "shm/stream/raw_reader.hpp"
#include "shm/stream/raw_writer.hpp"
#include "worker.hpp"

namespace shm::chaos {

class CheckedReader;
class Pen;

/// A way to append. The rest of a writer's life (start, refusal, takeover, end) is the same for all: writing.cpp.
class WriterRole {
 public:
  virtual ~WriterRole() = default;
  /// Appends some items that the pen makes; calls the pen before and after.
  virtual void append(Worker& worker, RawWriter& out, Pen& pen) = 0;
};

/// A way to read. To attach, and to attach again after an end, is the same for all: reading.cpp.
class ReaderRole {
 public:
  virtual ~ReaderRole() = default;
  virtual void prepare(Worker&) {}  ///< once, before anything else
  [[nodiscard]] virtual Start start(Worker& worker);
  [[nodiscard]] virtual ReaderOptions options(Worker& worker);
  /// Reads until the worker finishes, or the stream has ended.
  virtual void read(Worker& worker, CheckedReader& reader) = 0;
};

/// Any other role.
class FreeRole {
 public:
  virtual ~FreeRole() = default;
  virtual void run(Worker& worker) = 0;
};

enum class Post { writer, reader, tool, on_order };

struct RoleEntry {
  std::string_view name;
  Post post;
  int weight;                            ///< how often it is chosen among those of its post
  bool (*fits)(const StreamKind& kind);  ///< on which streams
  void (*run)(Worker& worker);
};

[[nodiscard]] std::span<const RoleEntry> all_roles();
/// @throws std::out_of_range
[[nodiscard]] const RoleEntry& role_named(std::string_view name);

void run_writer(Worker& worker, WriterRole& role);
void run_reader(Worker& worker, ReaderRole& role);

}  // namespace shm::chaos
