// The entry of a record: what the items of a stream of records are. It leads to the record's bytes, which lie
// in a ring of their own.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>

namespace shm {

struct RecordEntry {
  std::uint64_t begin =
      0;  ///< position of its first byte in the ring of bytes, counted since the stream began
  std::uint64_t bytes = 0;
  std::int64_t time = 0;  ///< its key, in a stream whose records carry one (Timestamp::field("time")); else 0
  friend bool operator==(const RecordEntry&, const RecordEntry&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordEntry, (), (begin, bytes, time))

}  // namespace shm
