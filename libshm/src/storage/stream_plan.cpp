// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_plan.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "format/item_key.hpp"
#include "os/mirrored_mapping.hpp"
#include "shm/base/error.hpp"
#include "shm/format/described.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/ring/record_ring.hpp"

namespace shm::storage {
namespace {

constexpr std::uint64_t default_ring_bytes = std::uint64_t{512} << 10;  // of history: the ring is twice that
constexpr std::size_t max_metadata_bytes = std::size_t{1} << 20;

[[noreturn]] void refuse_options(const std::string& why) { throw InvalidArgument("stream options: " + why); }

ring::Geometry item_geometry(const ItemFormat& format, const StreamOptions& options) {
  const std::uint64_t item_bytes = format.item_bytes();
  const std::uint64_t most = ring::max_ring_bytes / 4 / item_bytes;
  const std::uint64_t history =
      options.history != 0 ? options.history : std::max<std::uint64_t>(64, default_ring_bytes / item_bytes);
  if (history > most) {
    refuse_options("a history of " + std::to_string(history) + " items of " + std::to_string(item_bytes) +
                   " bytes is more than libshm can map (" + std::to_string(most) + " items)");
  }
  const std::uint64_t max_claim =
      options.max_claim != 0 ? options.max_claim : std::max<std::uint64_t>(1, history / 8);
  if (max_claim > most)
    refuse_options("a claim of " + std::to_string(max_claim) + " items is more than libshm can map");
  return ring::geometry_for(item_bytes, history, max_claim, os::page_size());
}

constexpr std::uint64_t most_default_anchors = 16384 - 65;  // these need 16384 slots: 512 KiB
constexpr std::uint64_t most_default_buckets = 65536;

/// Each anchor is published alone. The history is the whole ring: anchors of writers that died before they
/// published the items take slots, too.
ring::Geometry ledger_geometry(const LedgerOptions& options, const ring::Geometry& items) {
  const std::uint64_t anchors =
      options.anchors != 0 ? options.anchors : std::min(items.capacity, most_default_anchors);
  if (anchors > ring::max_ring_bytes / 4 / sizeof(Anchor)) {
    refuse_options("a ledger of " + std::to_string(anchors) + " anchors is more than libshm can map");
  }
  ring::Geometry ledger = ring::geometry_for(sizeof(Anchor), anchors, 1, os::page_size());
  ledger.history = ledger.capacity - ledger.ahead - ledger.max_claim;
  return ledger;
}

ring::Geometry bucket_geometry(const BucketOptions& options, const ring::Geometry& items) {
  const std::uint64_t count =
      options.count != 0 ? options.count : std::min(2 * items.history, most_default_buckets);
  if (count > ring::max_ring_bytes / 4 / sizeof(std::uint64_t)) {
    refuse_options(std::to_string(count) + " buckets are more than libshm can map");
  }
  return ring::geometry_for(sizeof(std::uint64_t), count, 64, os::page_size());
}

constexpr std::uint64_t default_record_history = std::uint64_t{4} << 20;
/// The writer raises `reserved` once in so many bytes, and then searches for the records that it overwrites. The
/// number is smaller if it would double the ring of large records: there the copy takes far longer than the search.
constexpr std::uint64_t record_bytes_ahead = 16384;
constexpr std::uint64_t large_record = std::uint64_t{256} << 10;

/// Fills in the defaults.
ring::Geometry record_geometry(RecordOptions& options) {
  constexpr std::uint64_t most = ring::max_ring_bytes / 4;
  std::uint64_t& history = options.history_bytes;
  std::uint64_t& max_record = options.max_record_bytes;
  if (std::max(history, max_record) > most) {
    refuse_options(std::to_string(std::max(history, max_record)) +
                   " bytes of records are more than libshm can map (" + std::to_string(most) + ")");
  }
  if (history == 0) history = std::max(default_record_history, 4 * max_record);
  if (max_record == 0) max_record = std::max<std::uint64_t>(1, history / 4);
  if (max_record > history) {
    refuse_options("a record of up to " + std::to_string(max_record) +
                   " bytes (max_record_bytes) in a history of " + std::to_string(history) +
                   " (history_bytes) could not be kept until it is read");
  }
  if (!std::has_single_bit(options.alignment) || options.alignment > 4096) {
    refuse_options("records are aligned to a power of two that is at most 4096, not to " +
                   std::to_string(options.alignment));
  }
  options.alignment = std::max(options.alignment, ring::record_unit);
  if (options.media_type.size() >= sizeof(layout::StreamHeader::media_type)) {
    refuse_options("the media type is longer than 47 bytes");
  }
  ring::Geometry bytes;
  bytes.item_bytes = 1;
  bytes.history = history;
  bytes.max_claim = ring::round_up(max_record, ring::record_unit) + options.alignment - ring::record_unit;
  bytes.ahead = record_bytes_ahead;
  const std::uint64_t needed = history + bytes.max_claim;
  if (max_record >= large_record) bytes.ahead = std::min(bytes.ahead, std::bit_ceil(needed) - needed);
  bytes.capacity = std::max<std::uint64_t>(std::bit_ceil(needed + bytes.ahead), os::page_size());
  return bytes;
}

}  // namespace

StreamPlan::StreamPlan(std::string_view format_text, StreamOptions wanted)
    : format(format_text), options(std::move(wanted)), geometry(item_geometry(format, options)) {
  check_texts_and_rates();
  check_modes();
  if (::timespec time{}; ::clock_gettime(options.clock, &time) != 0) {
    refuse_options("there is no clock " + std::to_string(options.clock));
  }
  if (options.timestamp.kind != Timestamp::Kind::none) plan_timestamp();
  if (options.ledger) plan_ledger();
  if (options.buckets) plan_buckets();
  if (options.records) plan_records();
}

void StreamPlan::check_texts_and_rates() const {
  if (!std::isfinite(options.sample_rate) || options.sample_rate < 0)
    refuse_options("the sample rate must be 0 or more");
  if (options.unit.size() >= sizeof(layout::StreamHeader::unit))
    refuse_options("the unit is longer than 31 bytes");
  if (options.metadata.size() > max_metadata_bytes) refuse_options("the metadata are longer than 1 MiB");
  if (!options.metadata.empty() && !nlohmann::json::accept(options.metadata))
    refuse_options("the metadata are not JSON");
}

void StreamPlan::check_modes() const {
  for (const ::mode_t mode : {options.mode, options.control_mode.value_or(0600)}) {
    if ((mode & ~::mode_t{0777}) != 0 || (mode & 0600) != 0600) {
      refuse_options("a mode must be permission bits that let the owner read and write");
    }
  }
  if ((options.mode & 0022) != 0) {
    refuse_options(
        "this mode would let others than the owner write the data; share them to be read, as 0640 or 0644 "
        "(what readers may write is the control file: control_mode)");
  }
}

void StreamPlan::plan_timestamp() {
  const FormatField& field = key_field(format, options.timestamp);
  if (options.timestamp.name.size() >= sizeof(layout::StreamHeader::timestamp_field)) {
    refuse_options("the timestamp's name is longer than 63 bytes");
  }
  timestamp_offset = static_cast<std::uint32_t>(field.offset);
  timestamp_bytes = static_cast<std::uint32_t>(field.element_bytes);
}

void StreamPlan::plan_ledger() {
  if (options.timestamp.kind != Timestamp::Kind::none) {
    refuse_options("items that carry their own time need no ledger: a stream has one key");
  }
  if (options.ledger->fit && options.sample_rate <= 0) {
    refuse_options("a ledger is fitted to a sampled stream: give the sample rate");
  }
  if (options.ledger->tolerance_ns <= 0)
    refuse_options("the tolerance of a fitted ledger must be more than 0");
  ledger = ledger_geometry(*options.ledger, geometry);
}

void StreamPlan::plan_buckets() {
  if (!options.ledger && options.timestamp.kind == Timestamp::Kind::none) {
    refuse_options("buckets need a key: a time stamp in the items, or a ledger");
  }
  if (options.buckets->quantum <= 0) refuse_options("the quantum of a bucket must be more than 0");
  buckets = bucket_geometry(*options.buckets, geometry);
}

void StreamPlan::plan_records() {
  if (!(format == ItemFormat(format_of<RecordEntry>()))) {
    refuse_options("the items of a stream of records are entries of these: use RecordWriter");
  }
  const bool is_time = options.timestamp.kind == Timestamp::Kind::field && options.timestamp.name == "time";
  if (options.timestamp.kind != Timestamp::Kind::none && !is_time) {
    refuse_options("the time of a record is in its entry: Timestamp::field(\"time\"), or none");
  }
  bytes = record_geometry(*options.records);
}

}  // namespace shm::storage
