// SPDX-License-Identifier: Apache-2.0

// ControlFile: NAME.control, mapped for writing by the writer and by each reader that has the permission.
#pragma once

#include <array>
#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/file.hpp"
#include "os/sigbus_guard.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/storage/stream_info.hpp"

namespace shm::storage {

using StreamId = std::array<std::uint8_t, 16>;

class StreamFile;

class ControlFile {
 public:
  /// The control file of this stream. nullopt: it does not exist (yet), belongs to another stream or another user,
  /// is damaged, or this user may not write it. A reader treats all these cases alike.
  [[nodiscard]] static std::optional<ControlFile> open(const os::Directory& directory,
                                                       const std::string& name,
                                                       const StreamFile& stream) noexcept;

  /// Makes a new control file, without a name. @throws NoSpace, SystemError.
  [[nodiscard]] static ControlFile make(const os::Directory& directory, const std::string& name,
                                        const StreamId& stream_id, ::mode_t mode, ::gid_t group);
  /// Gives the file its name and replaces the file that has it. REQUIRES: the writer's lock.
  void put_in_place() { file_.link_over_path(); }

  [[nodiscard]] layout::ControlHeader& header() const noexcept;
  [[nodiscard]] layout::ReaderSlot& slot(std::size_t i) const noexcept;
  /// The file offset of the lock of slot i.
  [[nodiscard]] static std::int64_t slot_offset(std::size_t i) noexcept;
  /// Does a live reader use slot i? Sees the locks of other open files, not those of this one.
  [[nodiscard]] bool is_slot_live(std::size_t i) const;
  /// The description of the reader in slot i. `live` is the live state of the stream.
  [[nodiscard]] ReaderInfo reader(std::size_t i, const layout::LiveState& live) const;
  [[nodiscard]] std::vector<ReaderInfo> readers(const layout::LiveState& live) const;
  /// Ends the back-pressure of the lossless reader that had `word` in slot i. False: another reader has the slot,
  /// or the reader was released before.
  bool release(std::size_t i, std::uint32_t word) noexcept;
  /// Wakes a writer that waits for lossless readers.
  void wake_writer() noexcept;

  [[nodiscard]] os::File& file() noexcept { return file_; }
  [[nodiscard]] const os::File& file() const noexcept { return file_; }

 private:
  explicit ControlFile(os::File file);
  os::File file_;
  boost::interprocess::mapped_region region_;
  os::ReplaceableMapping replaceable_;  // others may shorten it: shm/storage/survive_truncation.hpp
};

}  // namespace shm::storage
