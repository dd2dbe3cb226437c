// SPDX-License-Identifier: Apache-2.0

// StreamFile: NAME.stream, mapped. The constructor checks the header and the texts and copies them, so that later
// changes of the file cannot mislead this process.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <memory>
#include <string>
#include <vector>

#include "os/file.hpp"
#include "os/mirrored_mapping.hpp"
#include "shm/format/item_format.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/geometry.hpp"
#include "shm/ring/ring_reader.hpp"
#include "shm/storage/stream_info.hpp"

namespace shm::storage {

/// One ring of a stream, mapped.
struct MappedRing {
  layout::RingKind kind = layout::RingKind::none;
  ring::Geometry geometry;
  std::int64_t quantum = 0;      ///< of buckets
  std::uint64_t max_record = 0;  ///< of bytes
  std::size_t place = 0;         ///< in the header's table, and of its counters
  os::MirroredMapping mapping;
};

class StreamFile {
 public:
  /// Maps an open file. Everything but the live state is copied and checked here.
  /// @throws BadStream  the file is foreign, truncated, damaged, or of another layout version.
  StreamFile(os::File file, os::File::Access access);

  [[nodiscard]] const layout::StreamHeader& header() const noexcept { return header_; }
  [[nodiscard]] const layout::LiveState& live() const noexcept { return *live_; }
  [[nodiscard]] layout::LiveState& live_for_writing() noexcept { return *live_; }
  /// Of the items.
  [[nodiscard]] const ring::Geometry& geometry() const noexcept { return rings_.front().geometry; }
  [[nodiscard]] std::byte* data() const noexcept { return rings_.front().mapping.data(); }
  [[nodiscard]] ring::RingReader items() const noexcept { return reader(rings_.front()); }
  /// nullptr: the stream has none of that kind.
  [[nodiscard]] const MappedRing* find(layout::RingKind kind) const noexcept;
  [[nodiscard]] ring::RingReader reader(const MappedRing& ring) const noexcept {
    return {live_->counters[ring.place], ring.mapping.data(), ring.geometry};
  }
  [[nodiscard]] const ItemFormat& format() const noexcept { return *format_; }
  [[nodiscard]] const std::string& metadata() const noexcept { return metadata_; }
  [[nodiscard]] os::File& file() noexcept { return file_; }
  [[nodiscard]] const os::File& file() const noexcept { return file_; }
  [[nodiscard]] Timestamp timestamp() const;
  [[nodiscard]] bool has_records() const noexcept { return find(layout::RingKind::bytes) != nullptr; }
  [[nodiscard]] bool is_persistent() const noexcept { return (header_.flags & layout::flag_persistent) != 0; }
  [[nodiscard]] bool is_lossless() const noexcept { return (header_.flags & layout::flag_lossless) != 0; }
  [[nodiscard]] const std::vector<MappedRing>& rings() const noexcept { return rings_; }

  [[nodiscard]] WriterState writer_state() const;

 private:
  os::File file_;
  layout::StreamHeader header_{};
  boost::interprocess::mapped_region front_;  // header, live state, texts
  layout::LiveState* live_ = nullptr;
  std::unique_ptr<ItemFormat> format_;
  std::string metadata_;
  std::vector<MappedRing> rings_;  // the items first
};

}  // namespace shm::storage
