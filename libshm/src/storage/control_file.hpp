// SPDX-License-Identifier: Apache-2.0

// NAME.control, mapped for writing: by the writer, and by readers that may.
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
  /// The control file of this stream. nullopt: there is none (yet), it belongs to another stream or another
  /// user than the stream, is damaged, or may not be written by us: to a reader that is all the same.
  [[nodiscard]] static std::optional<ControlFile> open(const os::Directory& directory,
                                                       const std::string& name,
                                                       const StreamFile& stream) noexcept;

  /// A new one that has no name yet. @throws NoSpace, SystemError.
  [[nodiscard]] static ControlFile make(const os::Directory& directory, const std::string& name,
                                        const StreamId& stream_id, ::mode_t mode, ::gid_t group);
  /// Gives it its name, in place of whatever has it. Only the holder of the writer's lock may.
  void put_in_place() { file_.link_over_path(); }

  [[nodiscard]] layout::ControlHeader& header() const noexcept;
  [[nodiscard]] layout::ReaderSlot& slot(std::size_t i) const noexcept;
  /// Where the lock of slot i is.
  [[nodiscard]] static std::int64_t slot_offset(std::size_t i) noexcept;
  /// Does a live reader describe itself in slot i? Asks for locks of other open files than this one.
  [[nodiscard]] bool is_slot_live(std::size_t i) const;
  /// What the reader in slot i says of itself. `live` is that of the stream.
  [[nodiscard]] ReaderInfo reader(std::size_t i, const layout::LiveState& live) const;
  [[nodiscard]] std::vector<ReaderInfo> readers(const layout::LiveState& live) const;
  /// The reader in slot i, which was a lossless one when its word was `word`, holds the writer back no
  /// longer. False: it did not any more.
  bool release(std::size_t i, std::uint32_t word) noexcept;
  /// Lets a writer that waits for lossless readers look again.
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
