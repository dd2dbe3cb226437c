// SPDX-License-Identifier: Apache-2.0
#include "storage/stream_file.hpp"

#include <bit>
#include <cstring>

#include "os/process.hpp"
#include "shm/base/error.hpp"
#include "shm/format/described.hpp"
#include "shm/layout/anchor.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/ring/ring_reader.hpp"

namespace shm::storage {
namespace bi = boost::interprocess;
namespace {

constexpr std::uint64_t max_texts_bytes = std::uint64_t{4} << 20;

[[noreturn]] void bad(const os::File& file, const std::string& why) {
  throw BadStream(file.path() + ": " + why);
}

layout::StreamHeader read_header(const os::File& file) {
  const struct ::stat status = file.status();
  if (!S_ISREG(status.st_mode)) bad(file, "not a stream: it is not a regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < layout::texts_offset) {
    bad(file, "not a stream, or cut off: it has " + std::to_string(size) + " bytes, less than any stream");
  }
  const bi::mapped_region front = os::map_file(file, bi::read_only, 0, layout::page_bytes);
  layout::StreamHeader header{};
  std::memcpy(&header, front.get_address(), sizeof header);
  if (header.magic != layout::stream_magic) bad(file, "not a stream of libshm");
  if (header.version != layout::layout_version) {
    bad(file,
        "written with layout version " + std::to_string(header.version) + "; this library knows version " +
            std::to_string(layout::layout_version) +
            (header.version > layout::layout_version ? ": use a newer libshm" : ": use an older libshm"));
  }
  if (header.byte_order != layout::byte_order_mark) bad(file, "written on a machine of another byte order");
  if (header.file_bytes != size) {
    bad(file, "damaged: it has " + std::to_string(size) + " bytes and should have " +
                  std::to_string(header.file_bytes));
  }
  return header;
}

constexpr std::uint64_t counters_offset(std::size_t place) {
  return layout::live_state_offset + offsetof(layout::LiveState, counters) +
         place * sizeof(layout::RingCounters);
}

bool is_page_multiple(std::uint64_t n) { return n % layout::page_bytes == 0; }

ring::Geometry check_ring(const os::File& file, const layout::StreamHeader& header, std::size_t place) {
  const layout::RingDescriptor& ring = header.rings.at(place);
  const bool sizes = ring.item_bytes > 0 && std::has_single_bit(ring.capacity) &&
                     ring.capacity <= ring::max_ring_bytes && ring.data_bytes <= ring::max_ring_bytes &&
                     ring.data_bytes / ring.item_bytes == ring.capacity &&
                     ring.data_bytes % ring.item_bytes == 0 && is_page_multiple(ring.data_bytes);
  if (!sizes) bad(file, "damaged: the ring's size is not its items times a power of two");
  const bool cut = ring.history > 0 && ring.max_claim > 0 && ring.history <= ring.capacity &&
                   ring.max_claim <= ring.capacity && ring.ahead <= ring.capacity &&
                   ring.history + ring.max_claim + ring.ahead <= ring.capacity;
  if (!cut) bad(file, "damaged: history, claim and reserve do not fit into the ring");
  // The rings follow each other; the last one ends at the end of the file.
  const bool is_last = place + 1 == header.ring_count;
  const std::uint64_t end = is_last ? header.file_bytes : header.rings.at(place + 1).data_offset;
  const bool places = is_page_multiple(ring.data_offset) && ring.data_offset >= layout::texts_offset &&
                      ring.data_offset <= end && end <= header.file_bytes &&
                      end - ring.data_offset == ring.data_bytes &&
                      ring.counters_offset == counters_offset(place);
  if (!places) bad(file, "damaged: the ring lies outside of the file");
  return {ring.item_bytes, ring.capacity, ring.history, ring.max_claim, ring.ahead, ring.first_index};
}

/// The order of rings: items first, then a ledger, buckets and the bytes of records, if the stream has them.
void check_kinds(const os::File& file, const layout::StreamHeader& header) {
  if (header.ring_count < 1 || header.ring_count > layout::max_rings) {
    bad(file, "damaged: it has " + std::to_string(header.ring_count) + " rings");
  }
  if (header.rings[0].kind != layout::RingKind::items) bad(file, "damaged: its first ring is not of items");
  for (std::size_t i = 1; i < header.ring_count; ++i) {
    const layout::RingDescriptor& ring = header.rings.at(i);
    const bool is_ledger = ring.kind == layout::RingKind::ledger && ring.item_bytes == sizeof(Anchor);
    const bool is_buckets = ring.kind == layout::RingKind::buckets &&
                            ring.item_bytes == sizeof(std::uint64_t) && ring.quantum > 0;
    const bool is_bytes = ring.kind == layout::RingKind::bytes && ring.item_bytes == 1 &&
                          ring.max_record > 0 && ring.max_record <= ring.max_claim;
    if ((!is_ledger && !is_buckets && !is_bytes) || ring.kind <= header.rings.at(i - 1).kind) {
      bad(file, "damaged: its ring " + std::to_string(i) + " is none that goes with items");
    }
  }
}

void check_timestamp(const os::File& file, const layout::StreamHeader& header) {
  const std::uint64_t end = std::uint64_t{header.timestamp_offset} + header.timestamp_bytes;
  const bool known = header.timestamp_kind <= layout::TimestampKind::time_and_value;
  if (!known || (header.timestamp_kind != layout::TimestampKind::none && end > header.rings[0].item_bytes)) {
    bad(file, "damaged: its time stamps lie outside of the items");
  }
}

std::string read_text(const os::File& file, const bi::mapped_region& front, std::uint64_t offset,
                      std::uint64_t bytes, const char* what) {
  const std::uint64_t end = front.get_size();
  if (offset < layout::texts_offset || offset > end || bytes > end - offset || bytes > max_texts_bytes) {
    bad(file, std::string("damaged: its ") + what + " lies outside of the header");
  }
  return {static_cast<const char*>(front.get_address()) + offset, static_cast<std::size_t>(bytes)};
}

}  // namespace

StreamFile::StreamFile(os::File file, os::File::Access access)
    : file_(std::move(file)), header_(read_header(file_)) {
  check_kinds(file_, header_);
  check_timestamp(file_, header_);
  const bi::mode_t mode = access == os::File::Access::read_only ? bi::read_only : bi::read_write;
  for (std::size_t i = 0; i < header_.ring_count; ++i) {
    const layout::RingDescriptor& descriptor = header_.rings.at(i);
    rings_.push_back(
        {descriptor.kind, check_ring(file_, header_, i), descriptor.quantum, descriptor.max_record, i, {}});
  }
  const layout::RingDescriptor& ring = header_.rings[0];
  front_ = os::map_file(file_, mode, 0, ring.data_offset);
  live_ = reinterpret_cast<layout::LiveState*>(static_cast<std::byte*>(front_.get_address()) +
                                               layout::live_state_offset);
  const std::string format = read_text(file_, front_, ring.format_offset, ring.format_bytes, "format");
  try {
    format_ = std::make_unique<ItemFormat>(format);
  } catch (const InvalidArgument& error) {
    bad(file_, std::string("damaged: ") + error.what());
  }
  if (format_->item_bytes() != geometry().item_bytes) {
    bad(file_,
        "damaged: items of " + std::to_string(geometry().item_bytes) + " bytes with format '" + format + "'");
  }
  if (has_records() && !(*format_ == ItemFormat(format_of<RecordEntry>()))) {
    bad(file_,
        "damaged: it has bytes of records, and its items of format '" + format + "' are no entries of them");
  }
  metadata_ = read_text(file_, front_, header_.metadata_offset, header_.metadata_bytes, "metadata");
  for (MappedRing& mapped : rings_) {
    const layout::RingDescriptor& descriptor = header_.rings.at(mapped.place);
    mapped.mapping = os::MirroredMapping(file_, mode, descriptor.data_offset, descriptor.data_bytes);
  }
}

const MappedRing* StreamFile::find(layout::RingKind kind) const noexcept {
  for (const MappedRing& ring : rings_) {
    if (ring.kind == kind) return &ring;
  }
  return nullptr;
}

Timestamp StreamFile::timestamp() const {
  return {header_.timestamp_kind, os::get_text(header_.timestamp_field)};
}

WriterState StreamFile::writer_state() const {
  const auto ended = [this] {
    return live_->state.load(std::memory_order_acquire) == layout::StreamState::ended;
  };
  if (ended()) return WriterState::ended;
  if (file_.is_locked(layout::writer_lock_offset)) return WriterState::live;
  // The stream may have been closed between the two looks. A file without a name and without a writer gets no other
  // writer: the process that removed or replaced the file died before it could store the end.
  if (ended() || file_.status().st_nlink == 0) return WriterState::ended;
  return WriterState::lost;
}

}  // namespace shm::storage
