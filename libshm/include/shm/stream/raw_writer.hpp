// SPDX-License-Identifier: Apache-2.0

// The one handle that appends to a stream, untyped: item size and format are known at run time. Writer<T> is
// the typed class on top of it.
//
//   shm::RawWriter out("lab/mic", "(2)<h", {.history = 48000, .sample_rate = 48000});
//   const std::span<std::byte> slots = out.claim(480);  // fill in place: no copy by the library
//   fill(slots);
//   out.publish(480);
//
// A stream has one writer at a time. A second live one gets WriterExists, which names the first. One thread
// at a time may use a writer. Appending never waits for a reader (except on a stream that was created
// lossless), takes no lock, and makes no system call unless a reader asked for a wake. If the writer is
// killed, at any instruction, then readers go on reading, and the next writer takes the stream over with
// indices that continue.
//
// The writer holds a lock that belongs to the open file: a child that is forked and does not exec keeps it
// held for as long as the child lives. Each function lists what it throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/storage/reader_list.hpp"
#include "shm/storage/stream_info.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/stream/internal/appender.hpp"
#include "shm/time/stamp.hpp"

namespace shm {

class SHM_API RawWriter {
 public:
  /// Creates the stream, or takes it over where its last writer stopped (StreamOptions describe when it is
  /// replaced instead).
  /// @throws InvalidArgument   the name, the format or the options
  /// @throws WriterExists      it has a live writer
  /// @throws NoSpace           no room for its files
  /// @throws PermissionDenied
  /// @throws BadStream         the name is taken by a file that is not a stream
  /// @throws SystemError
  RawWriter(std::string_view name, std::string_view format, const StreamOptions& options = {});

  /// As close().
  ~RawWriter() = default;
  RawWriter(RawWriter&&) noexcept = default;
  RawWriter& operator=(RawWriter&&) noexcept = default;

  /// Appends whole items; more than max_claim() are published in steps, so that `history` stays readable
  /// throughout. On a stream with a ledger, a writer's first append must be stamped; later ones without a
  /// stamp follow the line. On a lossless stream it may wait (LosslessOptions), and takes all items or none:
  /// false means that they were dropped. On any other stream it returns true. After an exception nothing was
  /// appended.
  /// @throws InvalidArgument  not a whole number of items; a stamp without a ledger, or a stamp is missing; or
  ///                          more at once than a lossless stream holds
  /// @throws KeyDecreases     a key, in an item or a stamp, is less than the one before it
  /// @throws LedgerFull       the ledger has no room for the anchor
  /// @throws RingFull         a lossless reader holds the writer back
  /// @throws Interrupted      during the wait for that reader
  bool append(std::span<const std::byte> items, const std::optional<Stamp>& stamp = std::nullopt);

  /// Appends one item whose size the compiler knows. REQUIRES: Bytes == item_bytes(). @throws as append().
  template <std::size_t Bytes>
  bool append_one(const std::byte* item) {
    if (!appender_.is_unchecked()) [[unlikely]] {
      return append({item, Bytes});
    }
    appender_.wake_if_asked(appender_.ring().append_one<Bytes>(item));
    return true;
  }

  /// Returns room for the next `items` items, contiguous, to be filled in place. A second claim before
  /// publish() returns the same slots; an append takes the claim back. On a lossless stream it may wait as
  /// append() does; an empty span means that the items were dropped.
  /// @throws InvalidArgument        more than max_claim()
  /// @throws RingFull, Interrupted  as append()
  [[nodiscard]] std::span<std::byte> claim(std::uint64_t items);

  /// Makes the first `items` of the claimed slots items of the stream; the rest of the claim is given back.
  /// @throws InvalidArgument  more than are claimed; and as append(). Nothing was published, and the claim stays.
  void publish(std::uint64_t items, const std::optional<Stamp>& stamp = std::nullopt);

  [[nodiscard]] Index inserted() const noexcept { return appender_.ring().inserted(); }
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return appender_.ring().item_bytes(); }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return appender_.ring().max_claim(); }

  /// Ends the stream: attached readers drain it and see the end. The files go away unless the stream is
  /// persistent. Afterwards only close() and destruction are allowed.
  void close() noexcept;

  /// Detaches from the stream without ending it, as a crash would: readers wait for the next writer.
  void detach() noexcept;

  [[nodiscard]] bool is_open() const noexcept { return appender_.is_open(); }
  [[nodiscard]] StreamInfo info() const;
  [[nodiscard]] ReaderList readers() const;

  /// For other writers and sources of the library, which append, or store results for readers, through it.
  [[nodiscard]] detail::Appender& appender() noexcept { return appender_; }

 private:
  detail::Appender appender_;
  std::uint64_t claimed_ = 0;
  Index claimed_at_ = 0;  // an append in between takes the claim back
};

}  // namespace shm
