// SPDX-License-Identifier: Apache-2.0

// OwnedStream: a stream as its writer holds it, locked and mapped for writing. The constructor creates the stream,
// takes it over, or replaces it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "storage/control_file.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_name.hpp"
#include "storage/stream_plan.hpp"

namespace shm::storage {

class OwnedStream {
 public:
  /// @throws as RawWriter's constructor.
  OwnedStream(std::string_view name, std::string_view format, const StreamOptions& options);
  OwnedStream(const OwnedStream&) = delete;
  OwnedStream& operator=(const OwnedStream&) = delete;

  [[nodiscard]] const StreamPaths& paths() const noexcept { return paths_; }
  [[nodiscard]] StreamFile& stream() noexcept { return *stream_; }
  [[nodiscard]] layout::LiveState& live() noexcept { return stream_->live_for_writing(); }
  [[nodiscard]] ControlFile& control() noexcept { return *control_; }
  [[nodiscard]] bool fences() const noexcept { return fences_; }

  /// Wakes every sleeping reader.
  void wake_all() noexcept;

  /// Marks the stream ended; removes its files unless it is persistent.
  void end() noexcept;

 private:
  void open(const StreamPlan& plan);
  [[nodiscard]] ::gid_t group_in(const os::Directory& parent) const;
  [[nodiscard]] StreamFile make_stream(const os::Directory& parent, const StreamPlan& plan) const;
  bool try_create(const os::Directory& parent, const StreamPlan& plan);
  bool try_take(os::File file, const StreamPlan& plan);
  void replace(StreamFile old, const StreamPlan& plan);
  [[nodiscard]] ControlFile make_control(const StreamFile& stream, const StreamPlan& plan) const;
  void sign(StreamFile& stream, const StreamPlan& plan);
  void adopt(StreamFile stream, ControlFile control, const StreamPlan& plan);

  StreamPaths paths_;
  std::optional<::gid_t> group_;
  std::optional<StreamFile> stream_;
  std::optional<ControlFile> control_;
  bool fences_ = false;
};

/// Marks a stream as ended and wakes its readers. REQUIRES: the caller has the writer's lock.
void mark_ended(StreamFile& stream) noexcept;

/// Removes the files of a stream, if `stream` still has its name. REQUIRES: the caller has the writer's lock.
void remove_files(const StreamFile& stream, const StreamPaths& paths) noexcept;

/// @throws WriterExists  with the process and the program that the live state names.
[[noreturn]] void throw_writer_exists(const os::File& file, const std::string& name);

}  // namespace shm::storage
