// SPDX-License-Identifier: Apache-2.0

// The part that all writers append with: the ring, the wake of sleeping readers, and the work before an
// append on streams with keys or lossless readers. A part of RawWriter; RecordWriter and Demand use it too.
// One thread at a time. What is thrown is at each function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/owned.hpp"
#include "shm/ring/ring_writer.hpp"
#include "shm/ring/wake.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/time/stamp.hpp"

namespace shm {

namespace storage {
class OwnedStream;
}

namespace detail {

class SHM_API Appender {
 public:
  /// Creates the stream, or takes it over. @throws as RawWriter.
  Appender(std::string_view name, std::string_view format, const StreamOptions& options);
  /// As close().
  ~Appender();
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;

  [[nodiscard]] bool is_open() const noexcept { return state_ != nullptr; }
  /// Ends the stream.
  void close() noexcept;
  /// Detaches without ending the stream.
  void detach() noexcept;

  /// REQUIRES: is_open().
  [[nodiscard]] storage::OwnedStream& stream() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] ring::RingWriter& ring() noexcept { return ring_; }
  [[nodiscard]] const ring::RingWriter& ring() const noexcept { return ring_; }

  /// True if one more item may be appended without admit() and write_keys().
  [[nodiscard]] bool is_unchecked() const noexcept { return ring_.inserted() < unchecked_below_; }
  [[nodiscard]] bool is_lossless() const noexcept { return is_lossless_; }
  [[nodiscard]] bool has_keys() const noexcept { return has_keys_; }
  /// On a lossless stream: may `items` more be appended, which makes those below `released` unreadable?
  /// Waits, throws or drops by LosslessOptions; false: they are counted as dropped. True on any other stream.
  /// @throws InvalidArgument (more than it holds), RingFull, Interrupted.
  [[nodiscard]] bool admit(std::uint64_t items, Index released) {
    return !is_lossless_ || ask_readers(items, released);
  }
  /// Before `items` are appended: checks their keys, and brings ledger and buckets up to date.
  /// @throws as RawWriter::append: nothing was written.
  void write_keys(std::span<const std::byte> items, const std::optional<Stamp>& stamp) {
    if (has_keys_ || stamp) check_keys(items, stamp);
  }
  /// After an append: wakes the readers that asked for it.
  void wake_if_asked(Index inserted) noexcept {
    if (wake_requests_.is_pending(inserted)) [[unlikely]] {
      wake();
    }
  }

 private:
  struct SHM_LOCAL State;
  [[nodiscard]] bool ask_readers(std::uint64_t items, Index released);
  void check_keys(std::span<const std::byte> items, const std::optional<Stamp>& stamp);
  void wake() noexcept;

  ring::RingWriter ring_;
  ring::WakeRequests wake_requests_;  // of sleeping readers
  /// Items with an index below it are appended without a look at keys or lossless readers.
  Index unchecked_below_ = UINT64_MAX;
  bool has_keys_ = false;
  bool is_lossless_ = false;
  Owned<State> state_;
};

}  // namespace detail
}  // namespace shm
