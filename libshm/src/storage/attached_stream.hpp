// SPDX-License-Identifier: Apache-2.0

// AttachedStream: a stream as a reader holds it. The data are mapped read-only; the control file is opened for
// writing, where this user may.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "shm/base/deadline.hpp"
#include "shm/base/interrupt.hpp"
#include "storage/control_file.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_name.hpp"

namespace shm::storage {

/// Shared by a reader and its forks; immutable.
class AttachedStream {
 public:
  /// Waits for the stream to appear until the deadline. With `owner`, one of another user is refused.
  /// @throws NotFound, TimedOut, Interrupted, BadStream, PermissionDenied, SystemError, InvalidArgument.
  AttachedStream(std::string_view name, std::string_view directory, Deadline deadline,
                 const Interrupt* interrupt, std::optional<::uid_t> owner = std::nullopt);

  [[nodiscard]] const StreamFile& stream() const noexcept { return stream_; }
  [[nodiscard]] const layout::LiveState& live() const noexcept { return stream_.live(); }
  [[nodiscard]] const StreamPaths& paths() const noexcept { return paths_; }

  /// Opens the control file anew: a lock belongs to one open file. nullopt: there is none, or this user may not
  /// write it.
  [[nodiscard]] std::optional<ControlFile> open_control() const noexcept;
  /// Is there a control file, of this stream or not?
  [[nodiscard]] bool has_control_file() const noexcept;
  /// False: there is a control file that this user may not write. True also if there is none, or if it belongs to
  /// another stream.
  [[nodiscard]] bool may_write_control() const noexcept;

 private:
  StreamPaths paths_;
  StreamFile stream_;
};

}  // namespace shm::storage
