// SPDX-License-Identifier: Apache-2.0
#include "storage/attached_stream.hpp"

#include <algorithm>
#include <chrono>

#include "os/futex.hpp"
#include "shm/base/error.hpp"
#include "storage/access_check.hpp"

namespace shm::storage {
namespace {

StreamFile open_when_there(const StreamPaths& paths, Deadline deadline, const Interrupt* interrupt,
                           std::optional<::uid_t> owner) {
  using namespace std::chrono_literals;
  static const os::FutexWord never_changes{0};
  std::chrono::nanoseconds pause = 500us;
  for (;;) {
    const std::optional<os::Directory> directory = paths.find_parent();
    std::optional<os::File> file;
    if (directory) file = open_stream_file(*directory, paths.stream_file, os::File::Access::read_only);
    if (file) {
      check_to_read(*file, owner);
      return {std::move(*file), os::File::Access::read_only};
    }
    if (deadline.is_now()) {
      throw NotFound("there is no stream '" + paths.name + "' in " + paths.directory);
    }
    if (interrupt != nullptr && interrupt->triggered()) {
      throw Interrupted("interrupted while waiting for stream '" + paths.name + "' to appear");
    }
    if (deadline.passed()) {
      throw TimedOut("there is still no stream '" + paths.name + "' in " + paths.directory +
                     " after the time given");
    }
    // A look is a system call of a microsecond. In the long run there is one every 20 ms.
    const auto until = std::min(deadline.at(), Deadline::Clock::now() + pause);
    pause = std::min<std::chrono::nanoseconds>(pause * 2, 20ms);
    os::futex_wait(never_changes, 0, until, interrupt);
  }
}

}  // namespace

AttachedStream::AttachedStream(std::string_view name, std::string_view directory, Deadline deadline,
                               const Interrupt* interrupt, std::optional<::uid_t> owner)
    : paths_(name, directory), stream_(open_when_there(paths_, deadline, interrupt, owner)) {}

std::optional<ControlFile> AttachedStream::open_control() const noexcept {
  return ControlFile::open(stream_.file().directory(), paths_.control_file, stream_);
}

bool AttachedStream::has_control_file() const noexcept {
  try {
    return stream_.file().directory().look(paths_.control_file).has_value();
  } catch (const Error&) {
    return true;  // in any case, to wait for it does not help
  }
}

bool AttachedStream::may_write_control() const noexcept {
  try {
    static_cast<void>(
        open_stream_file(stream_.file().directory(), paths_.control_file, os::File::Access::read_write));
    return true;
  } catch (const PermissionDenied&) {
    return false;
  } catch (const Error&) {
    return true;
  }
}

}  // namespace shm::storage
