#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "os/clock.hpp"
#include "os/mirrored_mapping.hpp"
#include "os/process.hpp"
#include "segment/stream_file.hpp"
#include "shm/error.hpp"

namespace shm::segment {
namespace {

constexpr std::uint64_t default_ring_bytes = std::uint64_t{512} << 10;  // of history: the ring is twice that
constexpr std::size_t max_metadata_bytes = std::size_t{1} << 20;

[[noreturn]] void refuse(const std::string& why) { throw InvalidArgument("stream options: " + why); }

ring::Geometry plan_geometry(const ItemFormat& format, const StreamOptions& options) {
  const std::uint64_t item_bytes = format.item_bytes();
  const std::uint64_t most = ring::max_ring_bytes / 4 / item_bytes;
  const std::uint64_t history =
      options.history != 0 ? options.history : std::max<std::uint64_t>(64, default_ring_bytes / item_bytes);
  if (history > most) {
    refuse("a history of " + std::to_string(history) + " items of " + std::to_string(item_bytes) +
           " bytes is more than libshm can map (" + std::to_string(most) + " items)");
  }
  const std::uint64_t max_claim =
      options.max_claim != 0 ? options.max_claim : std::max<std::uint64_t>(1, history / 8);
  if (max_claim > most)
    refuse("a claim of " + std::to_string(max_claim) + " items is more than libshm can map");
  return ring::geometry_for(item_bytes, history, max_claim, os::page_size());
}

bool is_number(const FormatField& field) {
  return field.type != 'T' && field.type != 's' && field.type != '?';
}

/// The field that carries the time.
const FormatField& timestamp_field(const ItemFormat& format, const Timestamp& timestamp) {
  const FormatField& root = format.root();
  if (timestamp.kind == Timestamp::Kind::first_element) {
    if (root.shape.empty() || !is_number(root)) {
      refuse("a first element can only be the time where items are rows of numbers, not '" + format.text() +
             "'");
    }
    return root;
  }
  const std::string name = timestamp.kind == Timestamp::Kind::time_and_value ? "time" : timestamp.name;
  const auto found = std::find_if(root.fields.begin(), root.fields.end(),
                                  [&](const FormatField& field) { return field.name == name; });
  if (found == root.fields.end() || !root.shape.empty() || !is_number(*found) || !found->shape.empty()) {
    refuse("no single number named '" + name + "' in items of format '" + format.text() + "' to be the time");
  }
  return *found;
}

}  // namespace

StreamPlan::StreamPlan(std::string_view format_text, StreamOptions wanted)
    : format(format_text), options(std::move(wanted)), geometry(plan_geometry(format, options)) {
  if (!std::isfinite(options.sample_rate) || options.sample_rate < 0)
    refuse("the sample rate must be 0 or more");
  if (options.unit.size() >= sizeof(layout::StreamHeader::unit)) refuse("the unit is longer than 31 bytes");
  if (options.metadata.size() > max_metadata_bytes) refuse("the metadata are longer than 1 MiB");
  if (!options.metadata.empty() && !nlohmann::json::accept(options.metadata))
    refuse("the metadata are not JSON");
  for (const ::mode_t mode : {options.mode, options.control_mode.value_or(0600)}) {
    if ((mode & ~::mode_t{0777}) != 0 || (mode & 0600) != 0600) {
      refuse("a mode must be permission bits that let the owner read and write");
    }
  }
  if ((options.mode & 0022) != 0) {
    refuse(
        "this mode would let others than the owner write the data; share them to be read, as 0640 or 0644 "
        "(what "
        "readers may write is the control file: control_mode)");
  }
  if (::timespec time{}; ::clock_gettime(options.clock, &time) != 0) {
    refuse("there is no clock " + std::to_string(options.clock));
  }
  if (options.timestamp.kind != Timestamp::Kind::none) {
    const FormatField& field = timestamp_field(format, options.timestamp);
    if (options.timestamp.name.size() >= sizeof(layout::StreamHeader::timestamp_field)) {
      refuse("the timestamp's name is longer than 63 bytes");
    }
    timestamp_offset = static_cast<std::uint32_t>(field.offset);
    timestamp_bytes = static_cast<std::uint32_t>(field.element_bytes);
  }
}

bool StreamPlan::same_item_type(const StreamFile& existing) const { return existing.format() == format; }

bool StreamPlan::fits(const StreamFile& existing) const {
  const layout::StreamHeader& header = existing.header();
  return same_item_type(existing) && existing.geometry().history == geometry.history &&
         existing.geometry().max_claim == geometry.max_claim && header.sample_rate == options.sample_rate &&
         os::get_text(header.unit) == options.unit && existing.metadata() == options.metadata &&
         header.clock_id == options.clock && header.timestamp_kind == options.timestamp.kind &&
         os::get_text(header.timestamp_field) == options.timestamp.name &&
         header.timestamp_offset == timestamp_offset && existing.is_persistent() == options.persistent;
}

void StreamPlan::write(os::File& file) const {
  layout::StreamHeader header{};
  const std::uint64_t texts = format.text().size() + options.metadata.size();
  const std::uint64_t page = os::page_size();
  const std::uint64_t data_offset = (layout::texts_offset + texts + page - 1) / page * page;
  header.magic = layout::stream_magic;
  header.version = layout::layout_version;
  header.byte_order = layout::byte_order_mark;
  header.ring_count = 1;
  header.flags = options.persistent ? layout::flag_persistent : 0;
  header.file_bytes = data_offset + geometry.data_bytes();
  header.stream_id = os::random_id();
  header.created_realtime_ns = os::now_ns(CLOCK_REALTIME);
  header.realtime_minus_clock_ns = os::realtime_minus(options.clock);
  header.clock_id = options.clock;
  header.timestamp_kind = options.timestamp.kind;
  header.timestamp_offset = timestamp_offset;
  header.timestamp_bytes = timestamp_bytes;
  header.sample_rate = options.sample_rate;
  os::put_text(header.timestamp_field, options.timestamp.name);
  os::put_text(header.unit, options.unit);

  layout::RingDescriptor& ring = header.rings[0];
  ring.kind = layout::RingKind::items;
  ring.item_bytes = static_cast<std::uint32_t>(geometry.item_bytes);
  ring.capacity = geometry.capacity;
  ring.history = geometry.history;
  ring.max_claim = geometry.max_claim;
  ring.ahead = geometry.ahead;
  ring.first_index = geometry.first_index;
  ring.data_offset = data_offset;
  ring.data_bytes = geometry.data_bytes();
  ring.counters_offset = layout::live_state_offset + offsetof(layout::LiveState, counters);
  ring.format_offset = layout::texts_offset;
  ring.format_bytes = format.text().size();
  header.metadata_offset = ring.format_offset + ring.format_bytes;
  header.metadata_bytes = options.metadata.size();

  file.allocate(header.file_bytes);
  const auto front = os::map_file(file, boost::interprocess::read_write, 0, data_offset);
  auto* bytes = static_cast<std::byte*>(front.get_address());
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + ring.format_offset, format.text().data(), format.text().size());
  std::memcpy(bytes + header.metadata_offset, options.metadata.data(), options.metadata.size());
}

}  // namespace shm::segment
