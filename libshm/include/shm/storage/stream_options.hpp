// SPDX-License-Identifier: Apache-2.0

// StreamOptions: the parameters of a stream, which a writer gives when it creates it.
//
//   shm::Writer<Tick> mine("market/ticks", {.history = 100'000,
//                                           .metadata = R"({"exchange": "XETR"})",
//                                           .timestamp = shm::Timestamp::field("time"),
//                                           .lossless = shm::LosslessOptions{}});
//
// Plain values: any thread may make and copy them. They throw nothing; the writer's constructor checks them and
// throws InvalidArgument. What a stream was created with is in StreamInfo (shm/storage/stream_info.hpp). In the
// library, an option is a member here and a row in src/storage/stream_fields.cpp.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string>

#include "shm/base/interrupt.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/format/timestamp.hpp"

namespace shm {

/// A ledger beside the items: appends are stamped (RawWriter::append with a Stamp), and every reader finds
/// the index of a key and the key of an index (shm/query/ledger.hpp). Keys are nanoseconds of the stream's
/// clock, or any number that never decreases.
struct LedgerOptions {
  /// How many anchors (shm/layout/anchor.hpp) the ledger holds at least for the readable items. 0: one for each
  /// item, and 16319 at most. A stamp that is not on the line of the anchor before it takes an anchor.
  std::uint64_t anchors = 0;
  /// Treat the stamps as measurements, and publish a line that is fitted to them (shm/time/anchor_builder.hpp).
  /// Needs a sample_rate.
  bool fit = false;
  /// A stamp that is further than this from the fitted line, in nanoseconds, begins a new run.
  std::int64_t tolerance_ns = 10'000'000;
};

/// Buckets beside the items: the first item of each quantum of the key is found in one step, where a search takes
/// some twenty. Needs a key: a time stamp in the items, or a ledger. Results are as exact as without buckets.
struct BucketOptions {
  /// Of the key, in nanoseconds (also where stamps are seconds): about the distance of one or a few items.
  std::int64_t quantum = 0;
  /// How many of the newest buckets are kept. 0: twice the history, and 65536 at most.
  std::uint64_t count = 0;
};

/// What a writer does when its next items would overwrite items that a lossless reader has not acknowledged.
enum class WhenFull {
  wait,  ///< for `patience`, then RingFull
  fail,  ///< RingFull at once
  drop,  ///< the new items are not appended, and counted: StreamInfo::backpressure
};

/// A lossless stream: readers that register as lossless (ReaderOptions::lossless) hold the writer back when the
/// ring is full, instead of losing items. Other readers never do. A lossless reader that dies is released within
/// 100 ms; one that stalls can be evicted (evict_readers, `shm evict`).
struct LosslessOptions {
  WhenFull when_full = WhenFull::wait;
  std::chrono::nanoseconds patience = std::chrono::nanoseconds::max();  ///< of each append; max: for ever
  WaitStrategy waiting = {};                                            ///< how it waits
  const Interrupt* interrupt = nullptr;                                 ///< ends its waits: Interrupted
};

/// A stream of records: variable numbers of bytes, each in one piece (shm/stream/record_writer.hpp).
struct RecordOptions {
  /// How many bytes of the newest records, with what aligns them, are always readable, as long as they are no
  /// more records than StreamOptions::history. 0: 4 MiB, or four of the largest record.
  std::uint64_t history_bytes = 0;
  /// The largest record, in bytes: at most history_bytes. 0: a quarter of that.
  std::uint64_t max_record_bytes = 0;
  /// Records begin at multiples of it: a power of two, at most 4096. Less than 8 is 8.
  std::uint64_t alignment = 8;
  /// The type of the bytes, for tools: "text/plain", "application/json", "image/jpeg"; at most 47 bytes.
  std::string media_type = {};
};

/// The parameters of a stream.
///
/// If a dead (or, if persistent, finished) writer left a stream of the same item type, then the new writer
/// takes it over and continues it. If history, max_claim, sample_rate, unit, timestamp, ledger, buckets,
/// records, losslessness, clock, metadata or persistence differ, then the old stream is ended and replaced by
/// one whose indices continue and which holds the old one's readable items, as many as its own history takes
/// (and its keys allow: with a ledger those that have a key, with a time stamp in the items those whose keys
/// do not decrease). If the item type differs, then the old stream is ended and the new one starts at 0.
/// decrease). Another item type ends the old stream and starts anew at 0.
struct StreamOptions {
  /// How many of the newest items are always readable. 0: as many as 512 KiB hold, at least 64.
  std::uint64_t history = 0;
  /// Most items in one claim. 0: an eighth of the history, at least 1.
  std::uint64_t max_claim = 0;
  /// Permission bits of NAME.stream: 0600 only this user (default), 0640 also a group, 0644 all users. No
  /// other user may write the data: a mode that would permit it is refused.
  ::mode_t mode = 0600;
  /// Permission bits of NAME.control. The default: users that may read the stream may also write the control
  /// file. Readers without that permission are not listed, sleep in short bounded sleeps, and cannot enter a
  /// source. Readers with it can also shorten the file, which kills the processes that use it
  /// (docs/security.md): use 0600 for readers that are not trusted so far.
  std::optional<::mode_t> control_mode = {};
  /// Group of both files, by name or number. Empty: the process's own, or that of a set-group-ID directory.
  std::string group = {};
  /// Free-form JSON text, at most 1 MiB. Empty: no metadata.
  std::string metadata = {};
  /// Unit of the values, for people and plots: at most 31 bytes.
  std::string unit = {};
  /// Items per second where the stream is sampled; 0 otherwise.
  double sample_rate = 0;
  Timestamp timestamp = {};
  std::optional<LedgerOptions> ledger = {};
  std::optional<BucketOptions> buckets = {};
  std::optional<RecordOptions> records = {};  ///< set by RecordWriter
  std::optional<LosslessOptions> lossless = {};
  ::clockid_t clock = CLOCK_MONOTONIC;  ///< of the time stamps
  /// A Demand follows: readers that enter before the Demand exists wait for it.
  bool has_source = false;
  bool persistent = false;  ///< keep the files after a clean close
  bool prefault = true;     ///< map every page now instead of at its first use (rings up to 256 MiB)
  /// The directory of the stream. Empty: $LIBSHM_DIR, else /dev/shm/libshm.
  std::string directory = {};
};

}  // namespace shm
