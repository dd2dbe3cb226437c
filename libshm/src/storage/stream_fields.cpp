// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_fields.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "os/clock.hpp"
#include "os/mirrored_mapping.hpp"
#include "os/process.hpp"
#include "shm/format/described.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/ring/record_ring.hpp"

namespace shm::storage {
namespace {

using layout::RingDescriptor;
using layout::RingKind;
using layout::StreamHeader;

/// One ring of a new stream, and the places of its text and data in the file.
struct PlannedRing {
  RingKind kind;
  ring::Geometry geometry;
  std::string format;
  std::int64_t quantum = 0;
  std::uint64_t max_record = 0;
  std::uint64_t format_offset = 0;
  std::uint64_t data_offset = 0;
};

/// A new stream, and the places of its parts in the file.
struct PlannedFile {
  explicit PlannedFile(const StreamPlan& from);

  const StreamPlan& plan;
  std::vector<PlannedRing> rings;
  std::string texts;  // from texts_offset on
  std::uint64_t metadata_offset = 0;
  std::uint64_t front_bytes = 0;  // header, live state and texts, in whole pages
  std::uint64_t file_bytes = 0;
};

// --- the rings ---

/// The kinds of rings, in the order of the file, each with its part of a plan and of StreamInfo.
struct RingPart {
  std::optional<PlannedRing> (*plan)(const StreamPlan&);
  RingKind kind;
  void (*describe)(StreamInfo&, const StreamFile&, const MappedRing&);
};

constexpr std::array ring_parts{
    RingPart{[](const StreamPlan& plan) -> std::optional<PlannedRing> {
               return PlannedRing{RingKind::items, plan.geometry, plan.format.text()};
             },
             RingKind::items,
             [](StreamInfo& info, const StreamFile& stream, const MappedRing& ring) {
               const IndexRange readable = stream.reader(ring).readable();
               info.items.format = stream.format().text();
               info.items.item_bytes = ring.geometry.item_bytes;
               info.items.history = ring.geometry.history;
               info.items.capacity = ring.geometry.capacity;
               info.items.max_claim = ring.geometry.max_claim;
               info.items.first_index = ring.geometry.first_index;
               info.items.oldest = readable.begin;
               info.items.inserted = readable.end;
             }},
    RingPart{[](const StreamPlan& plan) -> std::optional<PlannedRing> {
               if (!plan.ledger) return std::nullopt;
               return PlannedRing{RingKind::ledger, *plan.ledger, format_of<Anchor>()};
             },
             RingKind::ledger,
             [](StreamInfo& info, const StreamFile& stream, const MappedRing& ring) {
               info.ledger = LedgerInfo{ring.geometry.history, stream.reader(ring).inserted()};
             }},
    RingPart{[](const StreamPlan& plan) -> std::optional<PlannedRing> {
               if (!plan.buckets) return std::nullopt;
               return PlannedRing{RingKind::buckets, *plan.buckets, format_of<std::uint64_t>(),
                                  plan.options.buckets->quantum};
             },
             RingKind::buckets,
             [](StreamInfo& info, const StreamFile&, const MappedRing& ring) {
               info.buckets = BucketInfo{ring.quantum, ring.geometry.history};
             }},
    RingPart{[](const StreamPlan& plan) -> std::optional<PlannedRing> {
               if (!plan.bytes) return std::nullopt;
               return PlannedRing{RingKind::bytes, *plan.bytes, format_of<std::byte>(), 0,
                                  plan.options.records->max_record_bytes};
             },
             RingKind::bytes,
             [](StreamInfo& info, const StreamFile& stream, const MappedRing& ring) {
               info.records =
                   RecordInfo{ring.geometry.history, ring.max_record, stream.reader(ring).inserted(),
                              os::get_text(stream.header().media_type)};
             }},
};
static_assert(ring_parts.size() == layout::max_rings);

/// A field of RingDescriptor. `is_same` is null where an existing ring may have another value.
struct RingField {
  std::size_t offset;
  std::size_t bytes;
  void (*write)(RingDescriptor&, const PlannedRing&, std::size_t place);
  bool (*is_same)(const RingDescriptor&, const RingDescriptor&);
};

template <auto Member>
bool same_in_ring(const RingDescriptor& one, const RingDescriptor& other) {
  return one.*Member == other.*Member;
}

#define SHM_PLACE(Struct, member) offsetof(Struct, member), sizeof(Struct::member)

constexpr std::array ring_fields{
    RingField{SHM_PLACE(RingDescriptor, kind),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.kind = from.kind; },
              same_in_ring<&RingDescriptor::kind>},
    RingField{SHM_PLACE(RingDescriptor, item_bytes),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.item_bytes = static_cast<std::uint32_t>(from.geometry.item_bytes);
              },
              nullptr},  // same_item_type() compares the formats
    RingField{SHM_PLACE(RingDescriptor, capacity),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.capacity = from.geometry.capacity;
              },
              nullptr},
    RingField{
        SHM_PLACE(RingDescriptor, history),
        [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.history = from.geometry.history; },
        same_in_ring<&RingDescriptor::history>},
    RingField{SHM_PLACE(RingDescriptor, max_claim),  // of bytes, it depends on the alignment of records
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.max_claim = from.geometry.max_claim;
              },
              same_in_ring<&RingDescriptor::max_claim>},
    RingField{
        SHM_PLACE(RingDescriptor, ahead),
        [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.ahead = from.geometry.ahead; },
        nullptr},
    RingField{SHM_PLACE(RingDescriptor, first_index),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.first_index = from.geometry.first_index;
              },
              nullptr},
    RingField{
        SHM_PLACE(RingDescriptor, data_offset),
        [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.data_offset = from.data_offset; },
        nullptr},
    RingField{SHM_PLACE(RingDescriptor, data_bytes),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.data_bytes = from.geometry.data_bytes();
              },
              nullptr},
    RingField{SHM_PLACE(RingDescriptor, counters_offset),
              [](RingDescriptor& to, const PlannedRing&, std::size_t place) {
                to.counters_offset = layout::live_state_offset + offsetof(layout::LiveState, counters) +
                                     place * sizeof(layout::RingCounters);
              },
              nullptr},
    RingField{SHM_PLACE(RingDescriptor, format_offset),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.format_offset = from.format_offset;
              },
              nullptr},
    RingField{SHM_PLACE(RingDescriptor, format_bytes),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) {
                to.format_bytes = from.format.size();
              },
              nullptr},
    RingField{SHM_PLACE(RingDescriptor, quantum),
              [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.quantum = from.quantum; },
              same_in_ring<&RingDescriptor::quantum>},
    RingField{
        SHM_PLACE(RingDescriptor, max_record),
        [](RingDescriptor& to, const PlannedRing& from, std::size_t) { to.max_record = from.max_record; },
        same_in_ring<&RingDescriptor::max_record>},
    RingField{SHM_PLACE(RingDescriptor, unused), nullptr, nullptr},
};

bool same_rings(const StreamHeader& one, const StreamHeader& other) {
  for (std::size_t place = 0; place < one.ring_count; ++place) {
    for (const RingField& field : ring_fields) {
      if (field.is_same != nullptr && !field.is_same(one.rings.at(place), other.rings.at(place)))
        return false;
    }
  }
  return true;
}

// --- the header ---

/// A field of StreamHeader. `is_same` is null where an existing stream may have another value, `describe` where
/// StreamInfo does not have the field.
struct HeaderField {
  std::size_t offset;
  std::size_t bytes;
  void (*write)(StreamHeader&, const PlannedFile&);
  bool (*is_same)(const StreamHeader& planned, const StreamHeader& existing);
  void (*describe)(StreamInfo&, const StreamFile&);
};

template <std::size_t N>
bool is_equal(const std::array<char, N>& one, const std::array<char, N>& other) {
  return os::get_text(one) == os::get_text(other);
}
template <class T>
bool is_equal(const T& one, const T& other) {
  return one == other;
}

template <auto Member>
bool same(const StreamHeader& one, const StreamHeader& other) {
  return is_equal(one.*Member, other.*Member);
}

template <std::uint32_t Flag>
bool same_flag(const StreamHeader& one, const StreamHeader& other) {
  return (one.flags & Flag) == (other.flags & Flag);
}

constexpr std::array header_fields{
    // Fields of every stream.
    HeaderField{SHM_PLACE(StreamHeader, magic),
                [](StreamHeader& to, const PlannedFile&) { to.magic = layout::stream_magic; }, nullptr,
                nullptr},
    HeaderField{SHM_PLACE(StreamHeader, version),
                [](StreamHeader& to, const PlannedFile&) { to.version = layout::layout_version; }, nullptr,
                nullptr},
    HeaderField{SHM_PLACE(StreamHeader, byte_order),
                [](StreamHeader& to, const PlannedFile&) { to.byte_order = layout::byte_order_mark; },
                nullptr, nullptr},
    HeaderField{
        SHM_PLACE(StreamHeader, file_bytes),
        [](StreamHeader& to, const PlannedFile& from) { to.file_bytes = from.file_bytes; }, nullptr,
        [](StreamInfo& info, const StreamFile& stream) { info.file.bytes = stream.header().file_bytes; }},
    HeaderField{SHM_PLACE(StreamHeader, stream_id),
                [](StreamHeader& to, const PlannedFile&) { to.stream_id = os::random_id(); }, nullptr,
                nullptr},
    HeaderField{
        SHM_PLACE(StreamHeader, created_realtime_ns),
        [](StreamHeader& to, const PlannedFile&) { to.created_realtime_ns = os::now_ns(CLOCK_REALTIME); },
        nullptr,
        [](StreamInfo& info, const StreamFile& stream) {
          info.file.created_realtime_ns = stream.header().created_realtime_ns;
        }},
    HeaderField{SHM_PLACE(StreamHeader, realtime_minus_clock_ns),
                [](StreamHeader& to, const PlannedFile& from) {
                  to.realtime_minus_clock_ns = os::realtime_minus(from.plan.options.clock);
                },
                nullptr,
                [](StreamInfo& info, const StreamFile& stream) {
                  info.clock.realtime_minus_clock_ns = stream.header().realtime_minus_clock_ns;
                }},
    // Options.
    HeaderField{
        SHM_PLACE(StreamHeader, flags),
        [](StreamHeader& to, const PlannedFile& from) {
          if (from.plan.options.persistent) to.flags |= layout::flag_persistent;
        },
        same_flag<layout::flag_persistent>,
        [](StreamInfo& info, const StreamFile& stream) { info.file.persistent = stream.is_persistent(); }},
    HeaderField{SHM_PLACE(StreamHeader, flags),
                [](StreamHeader& to, const PlannedFile& from) {
                  if (from.plan.options.lossless) to.flags |= layout::flag_lossless;
                },
                same_flag<layout::flag_lossless>,
                [](StreamInfo& info, const StreamFile& stream) { info.lossless = stream.is_lossless(); }},
    HeaderField{SHM_PLACE(StreamHeader, clock_id),
                [](StreamHeader& to, const PlannedFile& from) { to.clock_id = from.plan.options.clock; },
                same<&StreamHeader::clock_id>,
                [](StreamInfo& info, const StreamFile& stream) { info.clock.id = stream.header().clock_id; }},
    HeaderField{SHM_PLACE(StreamHeader, timestamp_kind),
                [](StreamHeader& to, const PlannedFile& from) {
                  to.timestamp_kind = from.plan.options.timestamp.kind;
                },
                same<&StreamHeader::timestamp_kind>,
                [](StreamInfo& info, const StreamFile& stream) {
                  info.timestamp.kind = stream.header().timestamp_kind;
                }},
    HeaderField{SHM_PLACE(StreamHeader, timestamp_field),
                [](StreamHeader& to, const PlannedFile& from) {
                  os::put_text(to.timestamp_field, from.plan.options.timestamp.name);
                },
                same<&StreamHeader::timestamp_field>,
                [](StreamInfo& info, const StreamFile& stream) {
                  info.timestamp.name = os::get_text(stream.header().timestamp_field);
                }},
    HeaderField{
        SHM_PLACE(StreamHeader, timestamp_offset),
        [](StreamHeader& to, const PlannedFile& from) { to.timestamp_offset = from.plan.timestamp_offset; },
        same<&StreamHeader::timestamp_offset>,
        [](StreamInfo& info, const StreamFile& stream) {
          info.timestamp.offset = stream.header().timestamp_offset;
        }},
    HeaderField{
        SHM_PLACE(StreamHeader, timestamp_bytes),
        [](StreamHeader& to, const PlannedFile& from) { to.timestamp_bytes = from.plan.timestamp_bytes; },
        nullptr,  // follows from the item's type
        [](StreamInfo& info, const StreamFile& stream) {
          info.timestamp.bytes = stream.header().timestamp_bytes;
        }},
    HeaderField{
        SHM_PLACE(StreamHeader, sample_rate),
        [](StreamHeader& to, const PlannedFile& from) { to.sample_rate = from.plan.options.sample_rate; },
        same<&StreamHeader::sample_rate>,
        [](StreamInfo& info, const StreamFile& stream) {
          info.items.sample_rate = stream.header().sample_rate;
        }},
    HeaderField{
        SHM_PLACE(StreamHeader, unit),
        [](StreamHeader& to, const PlannedFile& from) { os::put_text(to.unit, from.plan.options.unit); },
        same<&StreamHeader::unit>,
        [](StreamInfo& info, const StreamFile& stream) {
          info.items.unit = os::get_text(stream.header().unit);
        }},
    HeaderField{SHM_PLACE(StreamHeader, media_type),  // described with the bytes of the records
                [](StreamHeader& to, const PlannedFile& from) {
                  if (from.plan.options.records)
                    os::put_text(to.media_type, from.plan.options.records->media_type);
                },
                same<&StreamHeader::media_type>, nullptr},
    HeaderField{SHM_PLACE(StreamHeader, metadata_offset),
                [](StreamHeader& to, const PlannedFile& from) { to.metadata_offset = from.metadata_offset; },
                nullptr, nullptr},
    HeaderField{SHM_PLACE(StreamHeader, metadata_bytes),
                [](StreamHeader& to, const PlannedFile& from) {
                  to.metadata_bytes = from.plan.options.metadata.size();
                },
                same<&StreamHeader::metadata_bytes>,  // fits() compares the text
                [](StreamInfo& info, const StreamFile& stream) { info.metadata = stream.metadata(); }},
    // The rings, each described by its RingPart.
    HeaderField{SHM_PLACE(StreamHeader, ring_count),
                [](StreamHeader& to, const PlannedFile& from) {
                  to.ring_count = static_cast<std::uint32_t>(from.rings.size());
                },
                same<&StreamHeader::ring_count>, nullptr},
    HeaderField{SHM_PLACE(StreamHeader, rings),
                [](StreamHeader& to, const PlannedFile& from) {
                  for (std::size_t place = 0; place < from.rings.size(); ++place) {
                    for (const RingField& field : ring_fields) {
                      if (field.write != nullptr) field.write(to.rings.at(place), from.rings[place], place);
                    }
                  }
                },
                same_rings, nullptr},
    HeaderField{SHM_PLACE(StreamHeader, unused), nullptr, nullptr, nullptr},
};

#undef SHM_PLACE

/// Whether a row of the table covers each byte of the struct.
template <class Struct, class Fields>
consteval bool has_a_row_for_each_byte(const Fields& fields) {
  std::array<bool, sizeof(Struct)> has_row{};
  for (const auto& field : fields) {
    for (std::size_t i = 0; i < field.bytes; ++i) has_row.at(field.offset + i) = true;
  }
  return std::ranges::all_of(has_row, [](bool has) { return has; });
}
static_assert(has_a_row_for_each_byte<StreamHeader>(header_fields), "a field of the header has no row");
static_assert(has_a_row_for_each_byte<RingDescriptor>(ring_fields), "a field of a ring has no row");

PlannedFile::PlannedFile(const StreamPlan& from) : plan(from) {
  for (const RingPart& part : ring_parts) {
    if (std::optional<PlannedRing> ring = part.plan(plan)) rings.push_back(std::move(*ring));
  }
  for (PlannedRing& ring : rings) {
    ring.format_offset = layout::texts_offset + texts.size();
    texts += ring.format;
  }
  metadata_offset = layout::texts_offset + texts.size();
  texts += plan.options.metadata;
  front_bytes = ring::round_up(layout::texts_offset + texts.size(), os::page_size());
  file_bytes = front_bytes;
  for (PlannedRing& ring : rings) {
    ring.data_offset = file_bytes;
    file_bytes += ring.geometry.data_bytes();
  }
}

}  // namespace

bool same_item_type(const StreamPlan& plan, const StreamFile& existing) {
  return existing.format() == plan.format && existing.has_records() == plan.bytes.has_value();
}

bool fits(const StreamPlan& plan, const StreamFile& existing) {
  if (!same_item_type(plan, existing) || existing.metadata() != plan.options.metadata) return false;
  const PlannedFile planned(plan);
  StreamHeader wanted{};
  for (const HeaderField& field : header_fields) {
    if (field.is_same == nullptr) continue;
    field.write(wanted, planned);
    // The flags are one field of several rows: each compares its own.
    if (!field.is_same(wanted, existing.header())) return false;
  }
  return true;
}

void write_stream(const StreamPlan& plan, os::File& file) {
  const PlannedFile planned(plan);
  StreamHeader header{};
  for (const HeaderField& field : header_fields) {
    if (field.write != nullptr) field.write(header, planned);
  }
  file.allocate(planned.file_bytes);
  const auto front = os::map_file(file, boost::interprocess::read_write, 0, planned.front_bytes);
  auto* start = static_cast<std::byte*>(front.get_address());
  std::memcpy(start, &header, sizeof header);
  std::memcpy(start + layout::texts_offset, planned.texts.data(), planned.texts.size());
}

StreamInfo describe(const StreamFile& stream, std::string name) {
  StreamInfo info;
  info.name = std::move(name);
  info.file.path = stream.file().path();
  const struct ::stat status = stream.file().status();
  info.file.owner = status.st_uid;
  info.file.group = status.st_gid;
  info.file.mode = status.st_mode & 07777;
  for (const HeaderField& field : header_fields) {
    if (field.describe != nullptr) field.describe(info, stream);
  }
  for (const RingPart& part : ring_parts) {
    if (const MappedRing* ring = stream.find(part.kind)) part.describe(info, stream, *ring);
  }
  const layout::LiveState& live = stream.live();
  info.writer.state = stream.writer_state();
  info.writer.pid = live.writer_pid.load(std::memory_order_relaxed);
  info.writer.program = os::get_text(live.writer_program);
  info.writer.epoch = live.epoch.load(std::memory_order_relaxed);
  info.writer.fences = live.writer_fences.load(std::memory_order_relaxed) != 0;
  info.backpressure.dropped_items = live.dropped_items.load(std::memory_order_relaxed);
  // A writer that died while it was held back has left `needed` set.
  info.backpressure.is_held_back =
      info.writer.state == WriterState::live && live.needed.load(std::memory_order_relaxed) != 0;
  // Acquire: pairs with the release store after source_error (Demand).
  info.source.state = live.source_state.load(std::memory_order_acquire);
  if (info.source.state == layout::SourceState::failed) info.source.error = os::get_text(live.source_error);
  return info;
}

}  // namespace shm::storage
