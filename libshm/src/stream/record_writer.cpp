// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/record_writer.hpp"

#include <algorithm>
#include <string>

#include "shm/base/error.hpp"
#include "shm/format/described.hpp"
#include "shm/format/item_format.hpp"
#include "storage/owned_stream.hpp"

namespace shm {
namespace {

StreamOptions with_records(StreamOptions options) {
  if (!options.records) options.records = RecordOptions{};
  if (options.max_claim == 0) options.max_claim = 1;  // entries are appended one by one
  return options;
}

}  // namespace

RecordWriter::RecordWriter(std::string_view name, const StreamOptions& options)
    : raw_(name, format_of<RecordEntry>(), with_records(options)) {
  storage::StreamFile& file = appender().stream().stream();
  const storage::MappedRing& bytes = *file.find(layout::RingKind::bytes);
  const std::uint64_t alignment = options.records ? options.records->alignment : RecordOptions{}.alignment;
  ring_ = ring::RecordRing(file.items(), appender().stream().live().counters[bytes.place],
                           bytes.mapping.data(), bytes.geometry, std::max(alignment, ring::record_unit));
  max_record_ = bytes.max_record;
  has_time_ = file.header().timestamp_kind != Timestamp::Kind::none;
}

void RecordWriter::check_size(const char* call, std::uint64_t bytes) {
  if (bytes <= max_record_) return;
  throw InvalidArgument(std::string(call) + " '" + appender().name() + "': a record of " +
                        std::to_string(bytes) + " bytes; the stream was made for at most " +
                        std::to_string(max_record_) + " (RecordOptions::max_record_bytes)");
}

RecordWriter::Key RecordWriter::key_of(const std::optional<Stamp>& stamp) {
  if (!has_time_) return {0, stamp};
  if (!stamp || stamp->is_after_gap) {
    throw InvalidArgument("append to '" + appender().name() + "': its records carry their time" +
                          (stamp ? ", and nowhere to say that there is a gap before one"
                                 : ": give it with each of them (Stamp::first)"));
  }
  return {stamp->key, std::nullopt};
}

bool RecordWriter::admit(std::uint64_t bytes) {
  return !appender().is_lossless() || appender().admit(1, ring_.released_by(appender().ring(), bytes));
}

void RecordWriter::write_keys(std::uint64_t bytes, const Key& key) {
  if (!appender().has_keys() && !key.stamp) return;
  const RecordEntry entry{ring_.begin(), bytes, key.time};
  appender().write_keys(std::as_bytes(std::span<const RecordEntry>(&entry, 1)), key.stamp);
}

bool RecordWriter::append(std::span<const std::byte> record, const std::optional<Stamp>& stamp) {
  check_size("append to", record.size());
  const Key key = key_of(stamp);
  claimed_.reset();
  if (!admit(record.size())) return false;
  write_keys(record.size(), key);
  ring::store_record(ring_.claim(appender().ring(), record.size()), record.data(), record.size());
  appender().wake_if_asked(ring_.publish(appender().ring(), record.size(), key.time));
  return true;
}

std::span<std::byte> RecordWriter::claim(std::uint64_t bytes) {
  check_size("claim on", bytes);
  claimed_.reset();
  const bool is_admitted = admit(bytes);
  claimed_ = bytes;
  is_dropped_ = !is_admitted;
  if (is_dropped_) return {};
  return {ring_.claim(appender().ring(), bytes), bytes};
}

bool RecordWriter::publish(std::uint64_t bytes, const std::optional<Stamp>& stamp) {
  if (!claimed_ || bytes > *claimed_) {
    throw InvalidArgument("publish on '" + appender().name() + "': a record of " + std::to_string(bytes) +
                          " bytes where " +
                          (claimed_ ? std::to_string(*claimed_) + " are claimed" : "nothing is claimed"));
  }
  if (is_dropped_) {
    claimed_.reset();
    return false;
  }
  const Key key = key_of(stamp);
  write_keys(bytes, key);
  claimed_.reset();
  appender().wake_if_asked(ring_.publish(appender().ring(), bytes, key.time));
  return true;
}

}  // namespace shm
