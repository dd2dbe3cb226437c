// SPDX-License-Identifier: Apache-2.0

// What workers do. A new kind of append or of reading is a class with one function, and a line in
// registry.cpp.
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

/// How items are appended. The rest of a writer's life (coming, being refused, taking over, ending) is the
/// same for all: writing.cpp.
class WriterRole {
 public:
  virtual ~WriterRole() = default;
  /// Appends some items, made by the pen, which is told before and after.
  virtual void append(Worker& worker, RawWriter& out, Pen& pen) = 0;
};

/// How a stream is read. Attaching, and attaching anew when it ended, is the same for all: reading.cpp.
class ReaderRole {
 public:
  virtual ~ReaderRole() = default;
  virtual void prepare(Worker&) {}  ///< once, before anything else
  [[nodiscard]] virtual Start start(Worker& worker);
  [[nodiscard]] virtual ReaderOptions options(Worker& worker);
  /// Reads until the worker has had enough, or the stream ended.
  virtual void read(Worker& worker, CheckedReader& reader) = 0;
};

/// Anything else.
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
