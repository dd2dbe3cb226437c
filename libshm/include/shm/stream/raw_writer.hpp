// SPDX-License-Identifier: Apache-2.0

// The one handle that appends to a stream, untyped: item size and format are known at run time. Writer<T> is
// the typed face of it.
//
//   shm::RawWriter out("lab/mic", "(2)<h", {.history = 48000, .sample_rate = 48000});
//   std::span<std::byte> slots = out.claim(480);      // fill in place: no copy of ours
//   fill(slots);
//   out.publish(480);
//
// A stream has one writer at a time. A second live one gets WriterExists, which names the first. One thread
// at a time may use a writer. Appending never waits for a reader (but on a stream that was created lossless),
// takes no lock, and makes no system call unless a reader asked to be woken. Killed at any instruction, the
// writer leaves a stream that readers go on reading and that the next writer takes over with indices that
// continue.
//
// Liveness is a lock that belongs to the open file: a child that is forked and does not exec keeps it held
// for as long as the child lives.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "shm/base/export.hpp"
#include "shm/base/owned.hpp"
#include "shm/ring/ring_writer.hpp"
#include "shm/ring/wake.hpp"
#include "shm/storage/reader_list.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/time/stamp.hpp"

namespace shm {

namespace storage {
class OwnedStream;
}

class KeyWriter;
class BackpressureGate;

class SHM_API RawWriter {
 public:
  /// Creates the stream, or takes it over where a writer left it (StreamOptions says when it is replaced
  /// instead).
  /// @throws InvalidArgument (name, format, options), WriterExists, NoSpace, PermissionDenied, SystemError;
  /// and
  ///         BadStream if the name is taken by a file that is no stream.
  RawWriter(std::string_view name, std::string_view format, const StreamOptions& options = {});

  /// Closes: close().
  ~RawWriter();
  RawWriter(RawWriter&&) noexcept;
  RawWriter& operator=(RawWriter&&) noexcept;

  /// Appends whole items; more than max_claim() are published in steps, so that `history` stays readable
  /// throughout. On a stream with a ledger, a writer's first append must be stamped; later ones without a
  /// stamp follow the line. On a lossless stream it may wait (LosslessOptions), and takes all items or none:
  /// false says that they were dropped. (True on any other stream.)
  /// @throws InvalidArgument  not a whole number of items, a stamp where there is no ledger, none where one
  /// is due, or more at once than a lossless stream holds; KeyDecreases  items that carry their own time, or
  /// a stamp: it is less than the one before it; LedgerFull; RingFull, Interrupted  a lossless reader holds
  /// the stream back. Nothing was appended.
  bool append(std::span<const std::byte> items, const std::optional<Stamp>& stamp = std::nullopt);

  /// Appends one item whose size the compiler knows. REQUIRES: Bytes == item_bytes(). @throws as append().
  template <std::size_t Bytes>
  bool append_one(const std::byte* item) {
    if (ring_.inserted() >= unchecked_below_) [[unlikely]] {
      return append({item, Bytes});
    }
    wake_if_asked(ring_.append_one<Bytes>(item));
    return true;
  }

  /// Room for the next `items` items, contiguous, to be filled in place. Claiming again before publishing
  /// gives the same slots again; an append takes the claim back. On a lossless stream it may wait as append()
  /// does; no room at all says that the items were dropped.
  /// @throws InvalidArgument  more than max_claim(); RingFull, Interrupted.
  [[nodiscard]] std::span<std::byte> claim(std::uint64_t items);

  /// Makes the first `items` of the claimed slots items of the stream; the rest of the claim is given back.
  /// @throws InvalidArgument  more than are claimed; and as append(): nothing was published, the claim stays.
  void publish(std::uint64_t items, const std::optional<Stamp>& stamp = std::nullopt);

  [[nodiscard]] Index inserted() const noexcept { return ring_.inserted(); }
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return ring_.item_bytes(); }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return ring_.max_claim(); }

  /// Ends the stream: attached readers drain it and see the end. The files go away unless the stream is
  /// persistent. Afterwards only close() and destruction are allowed.
  void close() noexcept;

  /// Lets go without ending the stream, as a crash would: readers wait for the next writer.
  void detach() noexcept;

  [[nodiscard]] bool is_open() const noexcept { return stream_ != nullptr; }
  [[nodiscard]] StreamInfo info() const;
  [[nodiscard]] ReaderList readers() const;

 private:
  friend class Demand;
  friend class RecordWriter;  // puts bytes beside the items, and releases items for them

  void wake_if_asked(Index inserted) noexcept {
    if (wake_requests_.is_pending(inserted)) [[unlikely]] {
      wake();
    }
  }
  void wake() noexcept;
  void lead_to(std::span<const std::byte> items, const std::optional<Stamp>& stamp);
  /// On a lossless stream: may `items` more be appended, by which those below `released` become unreadable?
  /// False: no, and they are counted as dropped. @throws RingFull, Interrupted.
  [[nodiscard]] bool admit(std::uint64_t items, Index released);

  ring::RingWriter ring_;
  ring::WakeRequests wake_requests_;  // of sleeping readers
  /// Items with an index below it are appended without a look at keys or lossless readers.
  Index unchecked_below_ = UINT64_MAX;
  std::uint64_t claimed_ = 0;
  Index claimed_at_ = 0;          // an append in between takes the claim back
  Owned<KeyWriter> keys_;         // of streams whose items have keys
  Owned<BackpressureGate> gate_;  // of lossless streams
  Owned<storage::OwnedStream> stream_;
};

}  // namespace shm
