// SPDX-License-Identifier: Apache-2.0
#include "stream_kind.hpp"

#include <array>

#include "board.hpp"
#include "item.hpp"
#include "shm/format/described.hpp"
#include "shm/format/item_format.hpp"
#include "shm/layout/record_entry.hpp"

namespace shm::chaos {
namespace {

// One line for each: a new kind of stream is a new line.
constexpr std::array streams{
    StreamKind{.name = "word", .writer = "append-one", .item_bytes = 8, .history = 512},
    StreamKind{.name = "line", .writer = "append-one"},
    StreamKind{.name = "ticks", .writer = "append-one", .timed = true, .closes = 10},
    StreamKind{.name = "ticks/fenced", .writer = "append-one", .history = 64, .timed = true, .closes = 10},
    StreamKind{.name = "page", .writer = "append-one", .item_bytes = 4096, .history = 16},
    StreamKind{.name = "least", .writer = "append-one", .item_bytes = 4096, .history = 1, .max_claim = 1},
    StreamKind{.name = "batch", .writer = "batches", .item_bytes = 64, .history = 200, .max_claim = 16},
    StreamKind{.name = "claim", .writer = "claims", .item_bytes = 256, .history = 300, .max_claim = 64},
    StreamKind{.name = "odd/size", .writer = "mixed", .item_bytes = 1000, .history = 40},
    StreamKind{.name = "deep/er/reborn", .writer = "mixed", .closes = 90, .rest_ms = 300},
    StreamKind{.name = "handed/on", .writer = "mixed", .item_bytes = 64, .closes = 0, .rest_ms = 2},
    StreamKind{
        .name = "changing", .writer = "mixed", .item_bytes = 64, .changes_options = true, .closes = 10},
    StreamKind{.name = "shared/kept",
               .writer = "mixed",
               .mode = 0644,
               .persistent = true,
               .timed = true,
               .closes = 60},
    StreamKind{.name = "removed", .writer = "mixed", .item_bytes = 64, .is_removed = true},
    StreamKind{.name = "source/daemon", .writer = "source-daemon", .has_source = true, .closes = 20},
    StreamKind{.name = "source/object", .writer = "source-object", .has_source = true, .closes = 100},
    StreamKind{.name = "keys/stamped", .writer = "stamped", .item_bytes = keyed_bytes, .keys = Keys::stamped},
    StreamKind{.name = "keys/in_items",
               .writer = "keys-in-items",
               .item_bytes = keyed_bytes,
               .history = 200,
               .max_claim = 16,
               .keys = Keys::in_items},
    StreamKind{.name = "lossless/kept",
               .writer = "lossless-appends",
               .item_bytes = 64,
               .history = 300,
               .lossless = true,
               .closes = 20,
               .rest_ms = 5},
    StreamKind{
        .name = "records", .writer = "records", .item_bytes = entry_bytes, .history = 60, .records = true},
    StreamKind{.name = "lossless/records",
               .writer = "records",
               .item_bytes = entry_bytes,
               .history = 100,
               .records = true,
               .lossless = true,
               .closes = 10},
};
static_assert(streams.size() <= max_streams);

}  // namespace

std::span<const StreamKind> all_streams() { return streams; }

std::size_t StreamKind::number() const { return static_cast<std::size_t>(this - streams.data()); }
std::uint64_t StreamKind::key() const { return key_of(name); }

std::string StreamKind::format() const {
  if (records) return format_of<RecordEntry>();
  if (keys == Keys::in_items) return "T{<Q:index:<Q:life:<Q:stream:<q:key:(4)<Q:rest:}";
  return item_bytes == word_bytes ? "<Q" : "(" + std::to_string(item_bytes / word_bytes) + ")<Q";
}

StreamOptions StreamKind::options() const {
  StreamOptions options;
  options.history = history;
  options.max_claim = max_claim;
  options.mode = mode;
  // Other users may read a shared stream, but not write its control file: their readers are not listed.
  if (mode != 0600) options.control_mode = 0600;
  options.has_source = has_source;
  options.persistent = persistent;
  if (records) {
    options.max_claim = 1;
    // Room for a whole history of the largest records; mostly the bytes run out first.
    options.records =
        RecordOptions{.history_bytes = history * largest_record, .max_record_bytes = largest_record};
    options.timestamp = Timestamp::field("time");
  }
  if (lossless) options.lossless.emplace();
  if (keys == Keys::stamped) options.ledger.emplace();
  if (keys == Keys::in_items) options.timestamp = Timestamp::field("key");
  // Buckets of some milliseconds, so few that the keys often skip all of them.
  if (keys != Keys::none) options.buckets = BucketOptions{.quantum = 100'000, .count = 64};
  return options;
}

}  // namespace shm::chaos
