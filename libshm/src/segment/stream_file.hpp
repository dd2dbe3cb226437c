// NAME.stream, mapped: the header checked before anything in it is believed, and the places of the rest.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <memory>
#include <string>

#include "os/file.hpp"
#include "os/mirrored_mapping.hpp"
#include "shm/item_format.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/geometry.hpp"
#include "shm/stream_options.hpp"

namespace shm::segment {

class StreamFile {
 public:
  /// Maps an open file. Everything that is used later was copied and checked here, except the live state.
  /// @throws BadStream  foreign, truncated, damaged, or of a layout version that is not ours.
  StreamFile(os::File file, os::File::Access access);

  [[nodiscard]] const layout::StreamHeader& header() const noexcept { return header_; }
  [[nodiscard]] const layout::LiveState& live() const noexcept { return *live_; }
  [[nodiscard]] layout::LiveState& live_for_writing() noexcept { return *live_; }
  [[nodiscard]] const ring::Geometry& geometry() const noexcept { return geometry_; }
  [[nodiscard]] std::byte* data() const noexcept { return ring_.data(); }
  [[nodiscard]] const ItemFormat& format() const noexcept { return *format_; }
  [[nodiscard]] const std::string& metadata() const noexcept { return metadata_; }
  [[nodiscard]] os::File& file() noexcept { return file_; }
  [[nodiscard]] const os::File& file() const noexcept { return file_; }
  [[nodiscard]] bool is_persistent() const noexcept { return (header_.flags & layout::flag_persistent) != 0; }
  void prefault() const noexcept { ring_.prefault(); }

  [[nodiscard]] WriterState writer_state() const;
  [[nodiscard]] StreamInfo describe(std::string name) const;

 private:
  os::File file_;
  layout::StreamHeader header_{};
  boost::interprocess::mapped_region front_;  // header, live state, texts
  layout::LiveState* live_ = nullptr;
  ring::Geometry geometry_;
  std::unique_ptr<ItemFormat> format_;
  std::string metadata_;
  os::MirroredMapping ring_;
};

/// What a new stream is to be: StreamOptions checked and worked out.
struct StreamPlan {
  /// @throws InvalidArgument.
  StreamPlan(std::string_view format_text, StreamOptions wanted);

  ItemFormat format;
  StreamOptions options;
  ring::Geometry geometry;
  std::uint32_t timestamp_offset = 0;
  std::uint32_t timestamp_bytes = 0;

  [[nodiscard]] bool same_item_type(const StreamFile& existing) const;
  /// Can a writer with this plan go on with the existing stream as it is?
  [[nodiscard]] bool fits(const StreamFile& existing) const;
  /// Writes header and texts into a new file, allocated and without a name. The live state stays zero.
  /// @throws NoSpace, SystemError.
  void write(os::File& file) const;
};

}  // namespace shm::segment
