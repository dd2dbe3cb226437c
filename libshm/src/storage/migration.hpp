// SPDX-License-Identifier: Apache-2.0

// Migration: the newest items of a stream, with their keys and the bytes of their records, copied at the same
// indices into the stream that replaces it.
#pragma once

#include <cstdint>
#include <vector>

#include "shm/layout/anchor.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_plan.hpp"

namespace shm::storage {

/// What is copied; known before the new stream is made.
struct Migration {
  std::uint64_t items = 0;      ///< the newest ones
  std::vector<Anchor> anchors;  ///< of their keys, oldest first
  IndexRange bytes;             ///< of their records, as positions in the ring of bytes

  /// Takes as many of the readable items as the plan has history for, less
  /// - with a ledger, those without a key;
  /// - with a time stamp in the items, those before a key that decreases;
  /// - of records, those whose bytes exceed the plan's history of bytes, and those before a record that is larger
  ///   than the plan allows.
  /// REQUIRES: `from` has no writer, and the plan has the same item type.
  Migration(const StreamFile& from, const StreamPlan& plan);

  /// REQUIRES: `to` is new, and as planned.
  void write(const StreamFile& from, StreamFile& to) const;

 private:
  void write_anchors(StreamFile& to) const;
  void write_bytes(const StreamFile& from, StreamFile& to) const;
};

}  // namespace shm::storage
