// SPDX-License-Identifier: Apache-2.0
#include "storage/owned_stream.hpp"

#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

#include "os/clock.hpp"
#include "os/futex.hpp"
#include "os/membarrier.hpp"
#include "os/process.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/record_ring.hpp"
#include "shm/ring/wake.hpp"
#include "storage/access_check.hpp"
#include "storage/migration.hpp"
#include "storage/stream_fields.hpp"

namespace shm::storage {
namespace {

std::optional<::gid_t> find_group(const std::string& group) {
  if (group.empty()) return std::nullopt;
  if (const ::group* entry = ::getgrnam(group.c_str())) return entry->gr_gid;
  ::gid_t number = 0;
  const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), number);
  if (error != std::errc() || end != group.data() + group.size()) {
    throw InvalidArgument("there is no group '" + group + "'");
  }
  return number;
}

/// By default the users who may read the stream may write the control file.
::mode_t control_mode(const StreamOptions& options) {
  return options.control_mode.value_or(options.mode | ((options.mode & 0444) >> 1));
}

/// The next record's bytes follow those of the newest record, and the writer finds the records that it overwrites by
/// their entries. Hence the newest entry must be right.
void check_newest_record(const StreamFile& left) {
  const MappedRing* const bytes = left.find(layout::RingKind::bytes);
  const IndexRange there = left.items().readable();
  if (bytes == nullptr || there.empty()) return;
  RecordEntry newest;
  std::memcpy(&newest, left.items().at(there.end - 1), sizeof newest);
  if (!ring::leads_to_bytes(newest, left.reader(*bytes))) {
    throw BadStream(left.file().path() + ": damaged: its newest record, " + std::to_string(newest.bytes) +
                    " bytes at " + std::to_string(newest.begin) +
                    ", is not among its bytes; remove the stream (shm rm)");
  }
}

/// A dead writer leaves `reserved` ahead of `inserted` by the items that it was appending, and no more. A writer that
/// continued from other counts would write items that no reader can ever read, or reuse indices.
void check_counters(const StreamFile& left) {
  for (const MappedRing& mapped : left.rings()) {
    const layout::RingCounters& counters = left.live().counters[mapped.place];
    const std::uint64_t inserted = counters.line.inserted.load(std::memory_order_acquire);
    const std::uint64_t reserved = counters.reserved.load(std::memory_order_relaxed);
    const ring::Geometry& ring = mapped.geometry;
    // No stream gets that far: one item per nanosecond takes 292 years. Buckets begin half way there, and skip.
    constexpr std::uint64_t last = UINT64_MAX / 2;
    // A writer that died in a skip left `reserved` at its target (RingWriter::skip_to), however far that is.
    const bool leaps = mapped.kind == layout::RingKind::buckets;
    std::uint64_t most = (leaps ? last : ring.max_claim) + ring.ahead;
    // Entries of records are given up when their bytes are overwritten: all of them, if need be.
    if (mapped.kind == layout::RingKind::items && left.has_records()) most = ring.capacity;
    if (inserted > last || reserved < inserted || reserved - inserted > most) {
      throw BadStream(left.file().path() + ": damaged: its counters, " + std::to_string(inserted) +
                      " inserted and " + std::to_string(reserved) +
                      " reserved, contradict each other; remove the stream (shm rm)");
    }
  }
  check_newest_record(left);
}

}  // namespace

void throw_writer_exists(const os::File& file, const std::string& name) {
  std::int32_t pid = 0;
  std::string program = "another program";
  try {
    if (auto mine = open_stream_file(file.directory(), file.name(), os::File::Access::read_only)) {
      const StreamFile stream(std::move(*mine), os::File::Access::read_only);
      pid = stream.live().writer_pid.load(std::memory_order_relaxed);
      program = os::get_text(stream.live().writer_program);
    }
  } catch (const Error&) {  // then without its name
  }
  throw WriterExists("stream '" + name + "' is being written by process " + std::to_string(pid) + " (" +
                         program + "): a stream has one writer at a time",
                     pid, program);
}

void mark_ended(StreamFile& stream) noexcept {
  layout::LiveState& live = stream.live_for_writing();
  live.source_state.store(layout::SourceState::none, std::memory_order_release);
  // Release: pairs with the acquire in RawReader::nothing_there; a reader that sees the end sees all items before it.
  live.state.store(layout::StreamState::ended, std::memory_order_release);
  live.wake_count.fetch_add(1, std::memory_order_release);
  os::futex_wake_all(live.wake_count);
  os::futex_wake_all(live.demand_answered);
}

void remove_files(const StreamFile& stream, const StreamPaths& paths) noexcept {
  try {
    if (!stream.file().is_at_its_path()) return;
  } catch (const Error&) {
    return;
  }
  // Remove the control file first: once the stream's name is free, another writer may make a new control file.
  stream.file().directory().remove(paths.control_file);
  stream.file().directory().remove(paths.stream_file);
  paths.remove_empty_directories(StreamPaths::Whose::anybodys);
}

OwnedStream::OwnedStream(std::string_view name, std::string_view format, const StreamOptions& options)
    : paths_(name, options.directory), group_(find_group(options.group)) {
  const StreamPlan plan(format, options);
  try {
    open(plan);
  } catch (...) {
    paths_.remove_empty_directories(StreamPaths::Whose::mine);
    throw;
  }
}

void OwnedStream::open(const StreamPlan& plan) {
  // Another process at this name (a writer that closes, a garbage collector) is done within a moment. Tries are
  // counted, too: on a busy machine this process itself may be the one that does not run for that long.
  constexpr int least_tries = 20;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  for (int tries = 1;; ++tries) {
    const bool last_try = tries >= least_tries && std::chrono::steady_clock::now() >= patience;
    try {
      const os::Directory parent = paths_.make_parent();
      std::optional<os::File> file =
          open_stream_file(parent, paths_.stream_file, os::File::Access::read_write);
      if (!file ? try_create(parent, plan) : try_take(std::move(*file), plan)) return;
    } catch (const SystemError& error) {
      // Another process may have removed the empty directory: make it again.
      if (error.error() != ENOENT || last_try) throw;
    }
    if (last_try) {
      const std::optional<os::Directory> parent = paths_.find_parent();
      std::optional<os::File> holder;
      if (parent) holder = open_stream_file(*parent, paths_.stream_file, os::File::Access::read_only);
      if (holder && holder->is_locked(layout::writer_lock_offset)) throw_writer_exists(*holder, paths_.name);
      if (holder && holder->is_kept_from_writers(layout::writer_lock_offset)) {
        throw SystemError(
            EAGAIN, paths_.stream +
                        ": cannot take the stream over: nobody writes it, but a process that may read it "
                        "holds a lock that keeps writers out; end that process, or remove the stream "
                        "(shm rm) and begin anew");
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// Returns the group of the files: that of the options, otherwise that of any new file in the directory.
::gid_t OwnedStream::group_in(const os::Directory& parent) const {
  if (group_) return *group_;
  const struct ::stat status = parent.status();
  return (status.st_mode & S_ISGID) != 0 ? status.st_gid : ::getegid();
}

/// Makes a new file for the plan, locked, without a name.
StreamFile OwnedStream::make_stream(const os::Directory& parent, const StreamPlan& plan) const {
  os::File file = os::File::create_unnamed(parent, paths_.stream_file);
  write_stream(plan, file);
  file.share(plan.options.mode, group_in(parent));
  static_cast<void>(file.try_lock(layout::writer_lock_offset));  // the file has no name: no other lock
  return {std::move(file), os::File::Access::read_write};
}

ControlFile OwnedStream::make_control(const StreamFile& stream, const StreamPlan& plan) const {
  const os::Directory& parent = stream.file().directory();
  ControlFile control = ControlFile::make(parent, paths_.control_file, stream.header().stream_id,
                                          control_mode(plan.options), group_in(parent));
  // The count of requests continues from the last one that was handled.
  control.header().demand_count.store(stream.live().demand_answered.load(std::memory_order_relaxed),
                                      std::memory_order_relaxed);
  return control;
}

bool OwnedStream::try_create(const os::Directory& parent, const StreamPlan& plan) {
  check_place_of_control(parent, paths_.control_file);
  StreamFile stream = make_stream(parent, plan);
  ControlFile control = make_control(stream, plan);  // may fail, hence before the stream has its name
  sign(stream, plan);
  if (!stream.file().link_as_path()) return false;
  try {
    control.put_in_place();
  } catch (...) {  // another file took its place meanwhile
    remove_files(stream, paths_);
    mark_ended(stream);
    throw;
  }
  adopt(std::move(stream), std::move(control), plan);
  return true;
}

bool OwnedStream::try_take(os::File file, const StreamPlan& plan) {
  check_to_take(file);
  check_place_of_control(file.directory(), paths_.control_file);
  if (!file.try_lock(layout::writer_lock_offset)) return false;
  if (!file.is_at_its_path()) return false;  // removed or replaced before the lock was taken
  StreamFile existing(std::move(file), os::File::Access::read_write);
  check_counters(existing);
  if (!fits(plan, existing)) {
    replace(std::move(existing), plan);
    return true;
  }
  // A copy of a stream's file may have holes. On a full file system a write into a hole is a SIGBUS.
  if (existing.file().has_holes()) existing.file().allocate(existing.header().file_bytes);
  const os::Directory& parent = existing.file().directory();
  existing.file().share(plan.options.mode, group_in(parent));
  std::optional<ControlFile> control = ControlFile::open(parent, paths_.control_file, existing);
  if (!control) {
    control = make_control(existing, plan);
    control->put_in_place();
  } else {
    control->file().share(control_mode(plan.options), group_in(parent));
  }
  sign(existing, plan);
  adopt(std::move(existing), std::move(*control), plan);
  return true;
}

void OwnedStream::replace(StreamFile old, const StreamPlan& plan) {
  StreamPlan continued = plan;
  std::optional<Migration> migration;
  if (same_item_type(plan, old)) {
    migration.emplace(old, plan);
    continued.geometry.first_index = old.items().inserted() - migration->items;
    if (continued.bytes) continued.bytes->first_index = migration->bytes.begin;
  }
  StreamFile stream = make_stream(old.file().directory(), continued);
  ControlFile control = make_control(stream, plan);
  if (migration) migration->write(old, stream);
  stream.live_for_writing().epoch.store(old.live().epoch.load(std::memory_order_relaxed),
                                        std::memory_order_relaxed);
  sign(stream, plan);
  // If this process dies between these two, then the old file has no name and no writer: its readers take that for
  // the end.
  stream.file().link_over_path();
  mark_ended(old);
  control.put_in_place();
  adopt(std::move(stream), std::move(control), plan);
}

/// Stores this process as the stream's writer. REQUIRES: it holds the stream's lock.
void OwnedStream::sign(StreamFile& stream, const StreamPlan& plan) {
  layout::LiveState& state = stream.live_for_writing();
  fences_ = !os::register_for_barrier();
  state.writer_fences.store(fences_ ? 1 : 0, std::memory_order_relaxed);
  state.writer_pid.store(::getpid(), std::memory_order_relaxed);
  os::put_text(state.writer_program, os::program_name());
  state.epoch.fetch_add(1, std::memory_order_relaxed);
  state.epoch_realtime_ns.store(os::now_ns(CLOCK_REALTIME), std::memory_order_relaxed);
  const auto source = plan.options.has_source ? layout::SourceState::stopped : layout::SourceState::none;
  state.source_state.store(source, std::memory_order_release);
  state.state.store(layout::StreamState::live, std::memory_order_release);
}

void OwnedStream::adopt(StreamFile stream, ControlFile control, const StreamPlan& plan) {
  stream_.emplace(std::move(stream));
  control_.emplace(std::move(control));
  if (plan.options.prefault) {
    for (const MappedRing& ring : stream_->rings()) {
      if (ring.geometry.data_bytes() <= (std::uint64_t{256} << 20)) ring.mapping.prefault();
    }
  }
  wake_all();  // readers that a dead writer left asleep see that there is a new one
}

void OwnedStream::wake_all() noexcept {
  layout::LiveState& state = live();
  ring::withdraw_requests(control_->header().wake_at, state.wake_count);
  os::futex_wake_all(state.wake_count);
}

void OwnedStream::end() noexcept {
  if (!stream_->is_persistent()) remove_files(*stream_, paths_);
  mark_ended(*stream_);
}

}  // namespace shm::storage
