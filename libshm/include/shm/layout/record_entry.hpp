// SPDX-License-Identifier: Apache-2.0

// The entry of a record: the item type of a stream of records. It has the position of the record's bytes, which
// are in a ring of their own (docs/layout.md).
//
//   shm::Reader<shm::RecordEntry> entries("lab/pictures", shm::Start::oldest());
//
// A plain value: any thread may use one. Nothing here throws.
#pragma once

#include <boost/describe/class.hpp>
#include <cstddef>
#include <cstdint>

namespace shm {

struct RecordEntry {
  /// Position of its first byte in the ring of bytes, counted since the stream began.
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  std::int64_t time = 0;  ///< its key, in a stream whose records carry one (Timestamp::field("time")); else 0
  friend bool operator==(const RecordEntry&, const RecordEntry&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordEntry, (), (begin, bytes, time))
static_assert(sizeof(RecordEntry) == 24);
static_assert(offsetof(RecordEntry, bytes) == 8);
static_assert(offsetof(RecordEntry, time) == 16);

}  // namespace shm
