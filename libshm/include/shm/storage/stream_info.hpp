// SPDX-License-Identifier: Apache-2.0

// StreamInfo describes one stream, ReaderInfo one attached reader: for tools that print them, and for
// programs that check a stream before reading it.
//
//   const shm::StreamInfo mic = shm::stream_info("lab/mic");  // without attaching; or writer.info(), reader.info()
//   use(mic.items.inserted, mic.items.sample_rate, mic.file.owner);
//   if (mic.writer.state == shm::WriterState::lost) capture_a_little();
//   if (mic.ledger) use(mic.ledger->anchors);                 // parts that a stream may lack are optional
//   for (const shm::ReaderInfo& attached : shm::stream_readers("lab/mic")) use(attached.program, attached.cursor);
//
// Plain values, copies of the moment of the call: any thread may use them, and they throw nothing.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string>

#include "shm/base/index_range.hpp"
#include "shm/format/timestamp.hpp"
#include "shm/layout/stream_layout.hpp"

namespace shm {

enum class WriterState {
  live,   ///< a process has the stream open for writing
  ended,  ///< closed, removed or replaced: no item will follow
  lost,   ///< the writer died; another may take over
};

/// NAME.stream, the file.
struct FileInfo {
  std::string path;
  ::uid_t owner = 0;  ///< the user who may write the data, alone
  ::gid_t group = 0;
  ::mode_t mode = 0;        ///< permission bits
  std::uint64_t bytes = 0;  ///< size of the file
  bool persistent = false;  ///< the files stay after a clean close
  std::int64_t created_realtime_ns = 0;
};

/// The items and their ring.
struct ItemsInfo {
  std::string format;            ///< PEP 3118
  std::uint64_t item_bytes = 0;  ///< of one item
  std::uint64_t history = 0;     ///< this many of the newest items are always readable
  std::uint64_t capacity = 0;    ///< slots of the ring
  std::uint64_t max_claim = 0;   ///< most items in one claim
  Index first_index = 0;         ///< of the first item ever put into this ring
  Index oldest = 0;              ///< of the oldest readable item, at the moment of the call
  Index inserted = 0;            ///< items below it are published, at the moment of the call
  double sample_rate = 0;        ///< items per second; 0: not a sampled stream
  std::string unit;              ///< of the values
};

/// The declared time stamp, and where it lies inside an item.
struct TimestampInfo : Timestamp {
  std::uint64_t offset = 0;  ///< bytes from the start of the item
  std::uint64_t bytes = 0;
};

struct LedgerInfo {
  std::uint64_t anchors = 0;  ///< that the ledger holds at most
  std::uint64_t written = 0;  ///< anchors ever written
};

struct BucketInfo {
  std::int64_t quantum = 0;  ///< in units of the key
  std::uint64_t count = 0;   ///< buckets that are kept
};

/// The items are entries (shm/layout/record_entry.hpp) of records.
struct RecordInfo {
  std::uint64_t history_bytes = 0;  ///< this many bytes of the newest records are always readable
  std::uint64_t max_record_bytes = 0;
  std::uint64_t bytes_inserted = 0;  ///< of all records ever, with what aligns them
  std::string media_type;
};

/// The effect of lossless readers on the writer at the moment of the call.
struct BackpressureInfo {
  bool is_held_back = false;        ///< a lossless reader keeps the writer from appending
  std::uint64_t dropped_items = 0;  ///< not appended (WhenFull::drop)
};

/// The clock of the keys.
struct ClockInfo {
  ::clockid_t id = CLOCK_MONOTONIC;
  std::int64_t realtime_minus_clock_ns = 0;  ///< when the stream was created
};

struct WriterInfo {
  WriterState state = WriterState::lost;
  std::int32_t pid = 0;  ///< of the present or the last writer
  std::string program;
  std::uint64_t epoch = 0;  ///< how many writers the stream has had
  bool fences = false;      ///< the kernel has no membarrier: the writer fences itself
};

struct SourceInfo {
  layout::SourceState state = layout::SourceState::none;
  std::string error;  ///< why the source failed to start, where it did
};

struct StreamInfo {
  std::string name;
  std::string metadata;  ///< JSON text, or empty
  FileInfo file;
  ItemsInfo items;
  TimestampInfo timestamp;
  ClockInfo clock;
  WriterInfo writer;
  SourceInfo source;
  bool lossless = false;  ///< lossless readers hold the writer back instead of losing items
  BackpressureInfo backpressure;
  std::optional<LedgerInfo> ledger;
  std::optional<BucketInfo> buckets;
  std::optional<RecordInfo> records;
};

/// One attached reader, as it describes itself in the control file.
struct ReaderInfo {
  std::int32_t pid = 0;
  std::string program;
  std::string name;               ///< ReaderOptions::name
  Index cursor = 0;               ///< of the next item that it reads
  std::uint64_t lost_items = 0;   ///< overwritten before it read them
  std::uint64_t lost_ranges = 0;  ///< on how many occasions
  bool entered = false;           ///< it wants the source to run
  bool lossless = false;          ///< registered as lossless, and not evicted
  Index acknowledged = 0;         ///< of a lossless one: it needs no item below this one any more
  bool holds_back = false;        ///< the writer waits, or drops items, because of this reader
  std::int64_t attached_realtime_ns = 0;
};

}  // namespace shm
