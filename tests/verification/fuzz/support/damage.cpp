// SPDX-License-Identifier: Apache-2.0

// The ways to damage bytes. Offsets and sizes of fields come from the layout; a new field needs an entry in the
// tables here.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "shm/layout/control_layout.hpp"
#include "shm/layout/stream_layout.hpp"
#include "verification/fuzz/support/private_streams.hpp"

namespace shm::fuzz {
namespace {

using layout::ControlHeader;
using layout::LiveState;
using layout::ReaderSlot;
using layout::RingCounters;
using layout::RingDescriptor;
using layout::StreamHeader;

struct Field {
  std::size_t offset;
  std::size_t bytes;
};

constexpr std::size_t ring_at = offsetof(StreamHeader, rings);
constexpr std::size_t counters_at = layout::live_state_offset + offsetof(LiveState, counters);

#define SHM_FUZZ_FIELD(base, type, member) \
  Field { (base) + offsetof(type, member), sizeof(type::member) }

constexpr std::array header_fields{
    SHM_FUZZ_FIELD(0, StreamHeader, version),
    SHM_FUZZ_FIELD(0, StreamHeader, byte_order),
    SHM_FUZZ_FIELD(0, StreamHeader, ring_count),
    SHM_FUZZ_FIELD(0, StreamHeader, flags),
    SHM_FUZZ_FIELD(0, StreamHeader, file_bytes),
    SHM_FUZZ_FIELD(0, StreamHeader, created_realtime_ns),
    SHM_FUZZ_FIELD(0, StreamHeader, realtime_minus_clock_ns),
    SHM_FUZZ_FIELD(0, StreamHeader, clock_id),
    SHM_FUZZ_FIELD(0, StreamHeader, timestamp_kind),
    SHM_FUZZ_FIELD(0, StreamHeader, timestamp_offset),
    SHM_FUZZ_FIELD(0, StreamHeader, timestamp_bytes),
    SHM_FUZZ_FIELD(0, StreamHeader, sample_rate),
    SHM_FUZZ_FIELD(0, StreamHeader, metadata_offset),
    SHM_FUZZ_FIELD(0, StreamHeader, metadata_bytes),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, kind),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, item_bytes),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, capacity),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, history),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_claim),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, ahead),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, first_index),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_offset),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_bytes),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, counters_offset),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, format_offset),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, format_bytes),
};

constexpr std::array live_fields{
    SHM_FUZZ_FIELD(counters_at, RingCounters, line.inserted),
    SHM_FUZZ_FIELD(counters_at, RingCounters, reserved),
    SHM_FUZZ_FIELD(counters_at, RingCounters, line.guard),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, state),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, writer_pid),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, epoch),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, epoch_realtime_ns),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, writer_fences),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, wake_count),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, source_state),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, demand_answered),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, released),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, needed),
    SHM_FUZZ_FIELD(layout::live_state_offset, LiveState, dropped_items),
};

constexpr std::array control_fields{
    SHM_FUZZ_FIELD(0, ControlHeader, version),      SHM_FUZZ_FIELD(0, ControlHeader, slot_count),
    SHM_FUZZ_FIELD(0, ControlHeader, slot_bytes),   SHM_FUZZ_FIELD(0, ControlHeader, wake_at),
    SHM_FUZZ_FIELD(0, ControlHeader, demand_count), SHM_FUZZ_FIELD(0, ControlHeader, room_at),
    SHM_FUZZ_FIELD(0, ControlHeader, room_count),
};

constexpr std::array slot_fields{
    SHM_FUZZ_FIELD(0, ReaderSlot, cursor),       SHM_FUZZ_FIELD(0, ReaderSlot, lost_items),
    SHM_FUZZ_FIELD(0, ReaderSlot, lost_ranges),  SHM_FUZZ_FIELD(0, ReaderSlot, taken),
    SHM_FUZZ_FIELD(0, ReaderSlot, entered),      SHM_FUZZ_FIELD(0, ReaderSlot, pid),
    SHM_FUZZ_FIELD(0, ReaderSlot, enters),       SHM_FUZZ_FIELD(0, ReaderSlot, attached_realtime_ns),
    SHM_FUZZ_FIELD(0, ReaderSlot, acknowledged), SHM_FUZZ_FIELD(0, ReaderSlot, lossless),
};

/// Damages a ring beside the items.
constexpr std::array ring_fields{
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, kind),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, item_bytes),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, capacity),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, history),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_claim),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, ahead),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, first_index),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_offset),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_bytes),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, counters_offset),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, quantum),
    SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_record),
};
constexpr std::array counter_fields{
    SHM_FUZZ_FIELD(counters_at, RingCounters, line.inserted),
    SHM_FUZZ_FIELD(counters_at, RingCounters, reserved),
    SHM_FUZZ_FIELD(counters_at, RingCounters, line.guard),
};
constexpr Field first_offset = SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_offset);
constexpr Field first_capacity = SHM_FUZZ_FIELD(ring_at, RingDescriptor, capacity);
constexpr Field first_item_bytes = SHM_FUZZ_FIELD(ring_at, RingDescriptor, item_bytes);

Field of_ring(Field field, std::size_t ring) {
  return {field.offset + ring * sizeof(RingDescriptor), field.bytes};
}
Field of_counters(Field field, std::size_t ring) {
  return {field.offset + ring * sizeof(RingCounters), field.bytes};
}

std::uint64_t get(const char* bytes, Field field) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes + field.offset, field.bytes);
  return value;
}

void set(char* bytes, Field field, std::uint64_t value) {
  std::memcpy(bytes + field.offset, &value, field.bytes);
}

void damage_field(char* bytes, Field field, Input& input) {
  set(bytes, field, input.awkward(get(bytes, field)));
}

void overwrite(char* bytes, std::size_t size, std::size_t at, std::string_view with) {
  if (at < size) std::memcpy(bytes + at, with.data(), std::min(with.size(), size - at));
}

/// Returns the field in one of the first slots, which readers have.
Field in_slot(Field field, Input& input) {
  field.offset += layout::reader_slots_offset + input.below(4) * sizeof(ReaderSlot);
  return field;
}

/// Returns the number of rings in the header, limited to the possible ones.
std::size_t rings_of(const char* stream) {
  const std::uint64_t count = get(stream, SHM_FUZZ_FIELD(0, StreamHeader, ring_count));
  return std::clamp<std::uint64_t>(count, 1, layout::max_rings);
}

/// Returns an integer, or the bits of a floating-point number: slopes of lines, seconds.
std::uint64_t awkward_word(std::uint64_t about, Input& input) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr std::array<double, 12> slopes{0,      -1,     0.5,      1e-9,
                                          1e-300, 1e9,    1e18,     4e18,
                                          1e300,  -1e300, infinity, std::numeric_limits<double>::quiet_NaN()};
  return input.flag() ? input.awkward(about) : std::bit_cast<std::uint64_t>(input.one_of(slopes));
}

/// Gives a slot, or all slots, to a lossless reader that needs any item, or no item.
void say_lossless(char* control, Input& input) {
  constexpr Field bits = SHM_FUZZ_FIELD(0, ControlHeader, lossless_slots);
  constexpr Field acknowledged = SHM_FUZZ_FIELD(0, ReaderSlot, acknowledged);
  constexpr Field lossless = SHM_FUZZ_FIELD(0, ReaderSlot, lossless);
  const std::size_t slot = input.byte();
  const std::size_t all = input.flag() ? layout::reader_slots : 1;
  for (std::size_t i = slot; i < slot + all; ++i) {
    const std::size_t at = layout::reader_slots_offset + i % layout::reader_slots * sizeof(ReaderSlot);
    damage_field(control, {at + acknowledged.offset, acknowledged.bytes}, input);
    set(control, {at + lossless.offset, lossless.bytes}, input.byte() | 1U);
    control[bits.offset + i % layout::reader_slots / 8] |= static_cast<char>(1U << (i % 8));
  }
}

/// Damages an index by key: the counts of its ring, or its newest entry, or any entry.
void damage_keys(char* stream, std::size_t bytes, Input& input) {
  const std::size_t ring = input.below(rings_of(stream));
  const auto counter = [&](std::size_t which) { return of_counters(counter_fields.at(which), ring); };
  const std::uint64_t inserted = get(stream, counter(0));
  switch (input.below(4)) {
    case 0:
      return damage_field(stream, counter(input.below(counter_fields.size())), input);
    case 1: {
      const std::uint64_t wanted = input.awkward(inserted);
      set(stream, counter(0), wanted);
      return set(stream, counter(1), wanted + input.byte());
    }
    default: {
      const std::uint64_t item_bytes = get(stream, of_ring(first_item_bytes, ring));
      const std::uint64_t mask = get(stream, of_ring(first_capacity, ring)) - 1;
      const std::uint64_t first = inserted - 1 - input.byte() % 64;
      const std::uint64_t word = input.byte() % 4 * 8;
      const std::uint64_t offset = get(stream, of_ring(first_offset, ring));
      for (std::uint64_t i = 0; i <= input.byte() % 8U; ++i) {
        const std::uint64_t at = offset + ((first + i) & mask) * item_bytes + word;
        if (at > bytes - 8) return;
        const Field field{at, 8};
        set(stream, field, awkward_word(get(stream, field), input));
      }
    }
  }
}

/// Makes the last ring, which is one beside the items, as large as the input gives; beyond the old bytes it is a
/// hole. Returns the file's size.
std::uint64_t cut_last_anew(std::string& stream, Input& input) {
  char* bytes = stream.data();
  const std::size_t ring = rings_of(bytes) - 1;
  const auto put = [&](Field field, std::uint64_t value) { set(bytes, of_ring(field, ring), value); };
  const std::uint64_t capacity = std::uint64_t{1} << (input.byte() % 40);
  const std::uint64_t data_bytes = capacity * get(bytes, of_ring(first_item_bytes, ring));
  put(first_capacity, capacity);
  put(SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_bytes), data_bytes);
  put(SHM_FUZZ_FIELD(ring_at, RingDescriptor, history), std::max<std::uint64_t>(1, capacity / 2));
  const Field kind = of_ring(SHM_FUZZ_FIELD(ring_at, RingDescriptor, kind), ring);
  const bool is_bytes = get(bytes, kind) == static_cast<std::uint64_t>(layout::RingKind::bytes);
  put(SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_claim),
      is_bytes ? std::max<std::uint64_t>(1, capacity / 4) : 1);
  if (is_bytes) {
    put(SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_record), std::max<std::uint64_t>(1, capacity / 4));
  }
  put(SHM_FUZZ_FIELD(ring_at, RingDescriptor, ahead), capacity / 4);
  const std::uint64_t inserted = input.awkward(capacity);
  set(bytes, of_counters(counter_fields[0], ring), inserted);
  set(bytes, of_counters(counter_fields[1], ring), inserted + input.byte());
  const std::uint64_t size = get(bytes, of_ring(first_offset, ring)) + data_bytes;
  set(bytes, SHM_FUZZ_FIELD(0, StreamHeader, file_bytes), size);
  if (size < stream.size()) stream.resize(size);
  return size;
}

/// Puts another ring into the same file, with sizes that agree with each other. The ring is as large as the input
/// gives, up to a size that is refused. Returns the file's size.
std::uint64_t cut_anew(std::string& stream, Input& input) {
  const auto item_bytes = static_cast<std::uint32_t>(input.awkward(8) & 0xffffffffU);
  const std::uint64_t capacity = std::uint64_t{1} << (input.byte() % 44);
  const std::uint64_t data_bytes = capacity * item_bytes;
  const std::uint64_t data_offset = get(stream.data(), SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_offset));
  const std::uint64_t history = std::max<std::uint64_t>(1, input.awkward(capacity) % capacity);
  const std::string format = "(" + std::to_string(item_bytes) + ")<B";
  char* bytes = stream.data();
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, item_bytes), item_bytes);
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, capacity), capacity);
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, history), history);
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, max_claim),
      std::max<std::uint64_t>(1, (capacity - history) / 2));
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, ahead), (capacity - history) / 4);
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, data_bytes), data_bytes);
  set(bytes, SHM_FUZZ_FIELD(0, StreamHeader, file_bytes), data_offset + data_bytes);
  set(bytes, SHM_FUZZ_FIELD(0, StreamHeader, ring_count), 1);
  set(bytes, SHM_FUZZ_FIELD(0, StreamHeader, timestamp_kind), 0);
  set(bytes, SHM_FUZZ_FIELD(ring_at, RingDescriptor, format_bytes), format.size());
  set(bytes, SHM_FUZZ_FIELD(0, StreamHeader, metadata_bytes), 0);
  overwrite(bytes, stream.size(), layout::texts_offset, format);
  if (data_offset + data_bytes < stream.size()) stream.resize(data_offset + data_bytes);
  return data_offset + data_bytes;
}

}  // namespace

void damage_live(char* stream, std::size_t bytes, Input& input) {
  if (rings_of(stream) > 1 && input.flag()) return damage_keys(stream, bytes, input);
  switch (input.below(4)) {
    case 0:
    case 1:
      return damage_field(stream, live_fields[input.below(live_fields.size())], input);
    case 2: {
      // Change both counts together, so that they agree.
      const std::uint64_t inserted = input.awkward(get(stream, live_fields[0]));
      set(stream, live_fields[0], inserted);
      set(stream, live_fields[1], inserted + input.byte());
      return set(stream, live_fields[2], inserted - input.byte() % 2);
    }
    default: {
      // Change anything after the header. A writer never changes the header, and a reader never reads it again.
      const std::size_t at = layout::live_state_offset + input.number<std::uint16_t>();
      return overwrite(stream, bytes, at, input.text());
    }
  }
}

void damage_control(char* control, std::size_t bytes, Input& input) {
  switch (input.below(4)) {
    case 0: {
      const std::size_t which = input.below(control_fields.size() + 1);
      if (which == control_fields.size()) return say_lossless(control, input);
      return damage_field(control, control_fields[which], input);
    }
    case 1:
      return damage_field(control, in_slot(slot_fields[input.below(slot_fields.size())], input), input);
    case 2:
      return overwrite(control, bytes, input.number<std::uint16_t>(), input.text());
    default: {  // all slots in the same way
      const Field field = slot_fields[input.below(slot_fields.size())];
      const std::uint64_t value = input.awkward(0);
      for (std::size_t i = 0; i < layout::reader_slots; ++i) {
        set(control, {layout::reader_slots_offset + i * sizeof(ReaderSlot) + field.offset, field.bytes},
            value);
      }
    }
  }
}

std::uint64_t damage(StreamBytes& files, Input& input) {
  std::uint64_t size = files.stream.size();
  for (std::size_t changes = input.below(16); changes > 0 && !files.stream.empty(); --changes) {
    char* stream = files.stream.data();
    switch (input.below(8)) {
      case 0:
      case 1:
        if (files.stream.size() < sizeof(StreamHeader)) break;
        if (rings_of(stream) > 1 && input.flag()) {
          const std::size_t ring = 1 + input.below(rings_of(stream) - 1);
          damage_field(stream, of_ring(ring_fields[input.below(ring_fields.size())], ring), input);
          break;
        }
        damage_field(stream, header_fields[input.below(header_fields.size())], input);
        break;
      case 2:
        if (files.stream.size() > layout::texts_offset) damage_live(stream, files.stream.size(), input);
        break;
      case 3:
        if (files.control.size() == layout::control_file_bytes) {
          damage_control(files.control.data(), files.control.size(), input);
        }
        break;
      case 4:
        overwrite(stream, files.stream.size(), input.number<std::uint16_t>() % 512, input.text());
        break;
      case 5:  // the texts
        overwrite(stream, files.stream.size(), layout::texts_offset + input.byte(), input.text());
        break;
      case 6:
        if (files.stream.size() <= layout::texts_offset) break;
        size = rings_of(stream) > 1 && input.flag() ? cut_last_anew(files.stream, input)
                                                    : cut_anew(files.stream, input);
        break;
      default: {  // truncated, longer, or removed
        const std::uint64_t wanted = input.awkward(files.stream.size());
        if (input.flag()) {
          files.control.resize(std::min<std::uint64_t>(wanted, files.control.size()));
        } else {
          files.stream.resize(std::min<std::uint64_t>(wanted, files.stream.size()));
          size = wanted;
        }
      }
    }
  }
  return size;
}

}  // namespace shm::fuzz
