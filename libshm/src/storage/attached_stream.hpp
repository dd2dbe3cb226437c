// SPDX-License-Identifier: Apache-2.0

// A stream as its readers hold it: mapped read-only, with the control file where it may be written.
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

/// Shared by a reader and its forks. The stream's part never changes; control() is looked for until it is
/// found.
class AttachedStream {
 public:
  /// Waits for the stream to appear until the deadline. With `owner`, one of another user is refused.
  /// @throws NotFound, TimedOut, Interrupted, BadStream, PermissionDenied, SystemError, InvalidArgument.
  AttachedStream(std::string_view name, std::string_view directory, Deadline deadline,
                 const Interrupt* interrupt, std::optional<::uid_t> owner = std::nullopt);

  [[nodiscard]] const StreamFile& stream() const noexcept { return stream_; }
  [[nodiscard]] const layout::LiveState& live() const noexcept { return stream_.live(); }
  [[nodiscard]] const StreamPaths& paths() const noexcept { return paths_; }

  /// A control file of one's own (for a lock of one's own); nullopt: not there, or not ours to write.
  [[nodiscard]] std::optional<ControlFile> open_control() const noexcept;
  /// Is there any, ours or not?
  [[nodiscard]] bool has_control_file() const noexcept;
  /// False: there is one, and it is not for us. (True also where there is none, or not yet this stream's.)
  [[nodiscard]] bool may_write_control() const noexcept;

 private:
  StreamPaths paths_;
  StreamFile stream_;
};

}  // namespace shm::storage
