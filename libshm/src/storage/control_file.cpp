// SPDX-License-Identifier: Apache-2.0
#include "storage/control_file.hpp"

#include "os/futex.hpp"
#include "os/mirrored_mapping.hpp"
#include "os/process.hpp"
#include "shm/base/error.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/backpressure.hpp"
#include "shm/ring/wake.hpp"
#include "storage/access_check.hpp"
#include "storage/stream_file.hpp"

namespace shm::storage {
namespace bi = boost::interprocess;

ControlFile::ControlFile(os::File file)
    : file_(std::move(file)),
      region_(os::map_file(file_, bi::read_write, 0, layout::control_file_bytes)),
      replaceable_(region_.get_address(), region_.get_size()) {}

std::optional<ControlFile> ControlFile::open(const os::Directory& directory, const std::string& name,
                                             const StreamFile& stream) noexcept {
  try {
    std::optional<os::File> file = open_stream_file(directory, name, os::File::Access::read_write);
    if (!file || !is_control_of(*file, stream.file().status().st_uid) ||
        static_cast<std::size_t>(file->status().st_size) != layout::control_file_bytes) {
      return std::nullopt;
    }
    ControlFile control(std::move(*file));
    const layout::ControlHeader& header = control.header();
    const bool ours = header.magic == layout::control_magic && header.version == layout::layout_version &&
                      header.slot_count == layout::reader_slots &&
                      header.slot_bytes == sizeof(layout::ReaderSlot) &&
                      header.stream_id == stream.header().stream_id;
    if (!ours) return std::nullopt;
    return control;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

ControlFile ControlFile::make(const os::Directory& directory, const std::string& name,
                              const StreamId& stream_id, ::mode_t mode, ::gid_t group) {
  os::File file = os::File::create_unnamed(directory, name);
  file.share(mode, group);
  file.allocate(layout::control_file_bytes);
  ControlFile control(std::move(file));
  layout::ControlHeader& header = control.header();
  header.magic = layout::control_magic;
  header.version = layout::layout_version;
  header.slot_count = layout::reader_slots;
  header.slot_bytes = sizeof(layout::ReaderSlot);
  header.stream_id = stream_id;
  header.wake_at.store(layout::wake_nobody, std::memory_order_relaxed);
  header.room_at.store(layout::wake_nobody, std::memory_order_relaxed);
  return control;
}

layout::ControlHeader& ControlFile::header() const noexcept {
  return *static_cast<layout::ControlHeader*>(region_.get_address());
}

std::int64_t ControlFile::slot_offset(std::size_t i) noexcept {
  return static_cast<std::int64_t>(layout::reader_slots_offset + i * sizeof(layout::ReaderSlot));
}

layout::ReaderSlot& ControlFile::slot(std::size_t i) const noexcept {
  return *reinterpret_cast<layout::ReaderSlot*>(static_cast<std::byte*>(region_.get_address()) +
                                                slot_offset(i));
}

bool ControlFile::is_slot_live(std::size_t i) const {
  return slot(i).taken.load(std::memory_order_acquire) != 0 && file_.is_locked(slot_offset(i));
}

ReaderInfo ControlFile::reader(std::size_t i, const layout::LiveState& live) const {
  const layout::ReaderSlot& from = slot(i);
  ReaderInfo reader;
  reader.pid = from.pid.load(std::memory_order_relaxed);
  reader.program = os::get_text(from.program);
  reader.name = os::get_text(from.name);
  reader.cursor = from.cursor.load(std::memory_order_relaxed);
  reader.lost_items = from.lost_items.load(std::memory_order_relaxed);
  reader.lost_ranges = from.lost_ranges.load(std::memory_order_relaxed);
  reader.entered = from.entered.load(std::memory_order_relaxed) != 0;
  reader.lossless = ring::is_lossless(from.lossless.load(std::memory_order_acquire));
  reader.acknowledged = from.acknowledged.load(std::memory_order_relaxed);
  reader.holds_back = reader.lossless && reader.acknowledged < live.needed.load(std::memory_order_relaxed);
  reader.attached_realtime_ns = from.attached_realtime_ns.load(std::memory_order_relaxed);
  return reader;
}

std::vector<ReaderInfo> ControlFile::readers(const layout::LiveState& live) const {
  std::vector<ReaderInfo> readers;
  for (std::size_t i = 0; i < layout::reader_slots; ++i) {
    if (is_slot_live(i)) readers.push_back(reader(i, live));
  }
  return readers;
}

bool ControlFile::release(std::size_t i, std::uint32_t word) noexcept {
  if (!ring::release_reader(slot(i).lossless, word)) return false;
  wake_writer();
  return true;
}

void ControlFile::wake_writer() noexcept {
  ring::withdraw_requests(header().room_at, header().room_count);
  os::futex_wake_all(header().room_count);
}

}  // namespace shm::storage
