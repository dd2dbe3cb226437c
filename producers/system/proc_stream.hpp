// SPDX-License-Identifier: Apache-2.0

// One file of /proc, and the stream that its readings become.
//
//   std::unique_ptr<ProcStream> cpu = make_proc_stream("cpu", "/proc");
//   cpu->read_first();                  // is the file there, and what the kernel writes?
//   cpu->open("pc/cpu", options);
//   cpu->read_first();                  // where the first interval begins
//   cpu->sample();                      // one item
//
// One thread.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "shm/storage/stream_options.hpp"

namespace shm::programs {

/// The names of all streams, as in --only and after PREFIX.
inline constexpr std::array<std::string_view, 4> proc_stream_names{"cpu", "memory", "load", "network"};

class ProcStream {
 public:
  virtual ~ProcStream() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;  ///< of proc_stream_names

  /// Reads the file without publishing: the next item's interval begins here.
  /// @throws std::runtime_error  a sentence with the file and its defect.
  virtual void read_first() = 0;

  /// Makes the stream, or takes it over. options.timestamp, clock and unit are set here.
  /// @throws as RawWriter; std::runtime_error if its newest item is later than now, so that no item could
  /// follow: the stream is left to the next writer.
  virtual void open(const std::string& stream, StreamOptions options) = 0;

  /// Reads the file and appends one item; no item if it cannot be read. The begin and the end of such a
  /// failure are logged; the interval of the next item reaches back to the newest item.
  /// @throws std::runtime_error  the stream refuses the item.
  virtual void sample() = 0;

  /// Ends the stream.
  virtual void close() noexcept = 0;
  /// Undoes open(): a stream that it made is removed, a stream that it took over is left to the next writer.
  virtual void undo() noexcept = 0;
};

/// `directory` is /proc or one like it. REQUIRES: a name of proc_stream_names.
[[nodiscard]] std::unique_ptr<ProcStream> make_proc_stream(std::string_view name,
                                                           const std::string& directory);

}  // namespace shm::programs
