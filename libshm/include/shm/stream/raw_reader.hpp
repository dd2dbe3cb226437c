// SPDX-License-Identifier: Apache-2.0

// A reader of one stream, untyped: a cursor that waits, a sequence that can be sliced, and something to wait on.
// Item size and format are known at run time; Reader<T> is the typed class on top of it.
//
//   shm::RawReader in("lab/mic", shm::Start::next());
//   std::vector<std::byte> item(in.item_bytes());
//   while (in.next(item) == shm::Status::ok) use(item);                // waits for each item
//   const std::vector<std::byte> newest = in.slice({-480, {}});       // copies the newest 480 items
//
// Readers map the data read-only, never slow the writer down (except lossless readers of a lossless stream),
// and never influence each other. The result of a read is exact, or the status reports the loss: copies are
// checked before they are returned, views can be checked after use.
//
// One thread at a time may use a reader; fork() makes one for another thread. A writer's crash does not
// disturb an attached reader: it goes on when the next writer has taken over. Each function lists what it
// throws; normal results (timeout, lost items, end) are statuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shm/base/deadline.hpp"
#include "shm/base/error.hpp"
#include "shm/base/export.hpp"
#include "shm/base/function_ref.hpp"
#include "shm/base/owned.hpp"
#include "shm/base/status.hpp"
#include "shm/format/item_format.hpp"
#include "shm/ring/shared_memory_ops.hpp"
#include "shm/storage/stream_info.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/stream/internal/lossless_claim.hpp"
#include "shm/stream/internal/reader_cursor.hpp"
#include "shm/stream/item_source.hpp"
#include "shm/stream/raw_view.hpp"
#include "shm/stream/reader_options.hpp"

namespace shm {

namespace storage {
class AttachedStream;
}
namespace detail {
class ReaderRegistration;
class Waitable;
class WaitTargets;
}  // namespace detail

class SHM_API RawReader {
 public:
  /// Attaches. `format`: the caller's item format; empty: any.
  /// @throws NotFound          there is no stream of this name
  /// @throws TimedOut          it did not appear until ReaderOptions::wait_for_stream
  /// @throws Interrupted       while it waited for that
  /// @throws TypeMismatch      the stream's items have another format
  /// @throws BadStream         the file is not a stream, is damaged, or is of another layout version
  /// @throws PermissionDenied  the stream may not be read; or a lossless reader may not write the control file
  /// @throws InvalidArgument   the name; or a lossless reader of a stream that was not created lossless
  /// @throws Error             the table of readers is full, and the reader is lossless
  /// @throws SystemError
  RawReader(std::string_view name, Start start, const ReaderOptions& options = {},
            std::string_view format = {});
  ~RawReader();
  RawReader(RawReader&&) noexcept;
  RawReader& operator=(RawReader&&) noexcept;

  /// A second reader at the same position, with the same options. It has not entered. It is lossless if this one
  /// is, unless this one was evicted. @throws as the constructor.
  [[nodiscard]] RawReader fork() const;

  // --- the stream ---
  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const ItemFormat& format() const noexcept;
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return items_.item_bytes(); }
  /// The number of newest items that stay readable, whatever the writer does.
  [[nodiscard]] std::uint64_t history() const noexcept { return items_.history(); }
  /// The number of items published so far, which is the index of the next.
  [[nodiscard]] Index inserted() const noexcept { return items_.inserted(); }
  [[nodiscard]] Index oldest() const noexcept { return readable().begin; }
  /// The items that can be read at the moment of the call.
  [[nodiscard]] IndexRange readable() const noexcept { return items_.readable(); }
  [[nodiscard]] StreamInfo info() const;
  [[nodiscard]] WriterState writer_state() const;
  /// True if this reader is in the stream's table, where others see it.
  [[nodiscard]] bool is_listed() const noexcept;

  // --- reading beside the cursor: index maps, queries (shm/stream/item_source.hpp) ---
  /// The items, by index. Valid as long as the reader lives and is not moved.
  [[nodiscard]] const ItemSource& items() const noexcept { return items_; }
  /// Items, ledger, buckets and bytes of records, which stay mapped as long as the result or a copy of it.
  [[nodiscard]] StreamContents contents() const noexcept { return StreamContents(stream_); }

  // --- cursor ---
  [[nodiscard]] Index cursor() const noexcept { return cursor_.index(); }
  void seek(Start start);
  void seek(Index index) { seek(Start::at(index)); }

  /// Copies the next item and moves on. `item` holds item_bytes(). Returns ok, ended, lost, evicted; without
  /// waiting not_yet; with waiting also timed_out, interrupted, writer_lost.
  /// @throws OverlapsPast     the cursor was lapped; only with ReaderOptions::loss_is_error
  /// @throws InvalidArgument  `item` has another size
  [[nodiscard]] Status try_next(std::span<std::byte> item);
  [[nodiscard]] Status next(std::span<std::byte> item, Deadline deadline = Deadline::never());
  /// The same without moving.
  [[nodiscard]] Status peek(std::span<std::byte> item, Deadline deadline = Deadline::now());

  /// Copies up to items.size() / item_bytes() items and moves on.
  /// @throws InvalidArgument  not whole items, or exactly more than history(): nothing is consumed
  [[nodiscard]] ReadResult read(std::span<std::byte> items, Amount amount = Amount::exactly,
                                Deadline deadline = Deadline::never());

  /// A view of the items that follow the cursor, at most `most`, without copying or moving; move with skip().
  [[nodiscard]] RawView peek_view(std::uint64_t most) const noexcept;
  /// Moves the cursor on by `items`, to the end of the items that were seen through peek_view(). If they were
  /// overwritten meanwhile, then it returns Status::lost, and moves as for any loss.
  /// @throws InvalidArgument  more than are there
  [[nodiscard]] Status skip(std::uint64_t items);

  /// All losses of this reader, and the latest lost range.
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return cursor_.lost_items(); }
  [[nodiscard]] std::uint64_t lost_ranges() const noexcept { return cursor_.lost_ranges(); }
  [[nodiscard]] IndexRange last_lost() const noexcept { return cursor_.last_lost(); }

  // --- waiting; for several streams at once see shm/wait/ ---
  /// Waits until `count` items were inserted in all: ok, timed_out, ended, interrupted, writer_lost.
  [[nodiscard]] Status wait_for(Index count, Deadline deadline = Deadline::never());
  /// The count to wait for, so that `items` items follow the cursor.
  /// @throws BadStream  no index is left for them: the stream's counters are damaged, or the cursor was sent there
  [[nodiscard]] Index count_after_cursor(std::uint64_t items) const;

  // --- lossless readers (docs/lossless.md) ---
  /// Releases all items below `index`, for ever.
  /// @throws InvalidArgument  not a lossless reader, or `index` is more than inserted()
  void acknowledge(Index index);
  /// The first item that is not acknowledged. 0: not a lossless reader.
  [[nodiscard]] Index acknowledged() const noexcept { return lossless_.acknowledged(); }
  /// True if it holds the writer back. False if it was evicted.
  [[nodiscard]] bool is_lossless() const noexcept { return lossless_.is_held(); }

  // --- slices ---
  /// Turns a slice into indices, now. With o = oldest() and n = inserted():
  ///
  ///     start missing                     o
  ///     stop missing                      n
  ///     negative                          n plus it
  ///     begin == end                      empty, wherever it is
  ///     begin < o, or before the stream   OverlapsPast, also if end > n
  ///     end > n                           waits for it until `wait`; then OverlapsFuture without a wait, else
  ///                                       TimedOut
  ///     step < 1, begin > end             InvalidArgument; as is a wait for more than history() at once
  ///
  /// @throws OverlapsPast, OverlapsFuture, InvalidArgument, TimedOut, Ended, Interrupted, WriterLost
  [[nodiscard]] ResolvedSlice resolve(const Slice& slice, Deadline wait = Deadline::now());
  /// Copies. @throws as resolve().
  [[nodiscard]] std::vector<std::byte> slice(const Slice& slice, Deadline wait = Deadline::now());
  /// The same into the caller's memory. Returns the number of items.
  /// @throws as resolve(); InvalidArgument also if `to` is too small.
  std::uint64_t slice_into(std::span<std::byte> to, const Slice& slice, Deadline wait = Deadline::now());
  /// The same into memory that `room(items)` returns. It is called once the number of items is known, and again if
  /// they were overwritten while a slice with an open start was copied.
  ResolvedSlice copy_slice(const Slice& slice, Deadline wait, FunctionRef<std::byte*(std::uint64_t)> room);
  /// Copies a resolved slice; false if it was overwritten. REQUIRES: it was readable when it was resolved.
  [[nodiscard]] bool copy(const ResolvedSlice& slice, std::byte* to) const noexcept;
  /// Looks in place. @throws as resolve().
  [[nodiscard]] RawView view(const Slice& slice, Deadline wait = Deadline::now());
  /// Copies item `index`; negative counts from the newest. @throws as resolve().
  void item(std::int64_t index, std::span<std::byte> to, Deadline wait = Deadline::now());

  // --- the source (shm/source/) ---
  /// Requests the stream's source to run, and waits until it does. Entering twice counts once. On a stream
  /// without a source the request is only noted. If there is no control file yet, then it waits for that too.
  /// @throws SourceFailed      with the source's own text; enter again to try again
  /// @throws TimedOut, Ended, Interrupted
  /// @throws PermissionDenied  the reader may not write the control file
  /// @throws Error             the table of readers is full
  void enter(Deadline deadline = std::chrono::seconds(10));
  /// Withdraws the request, and waits (a second at most) until the producing process has seen that.
  void exit() noexcept;
  [[nodiscard]] bool is_entered() const noexcept;
  /// True if the source is running. False on a stream without a source.
  [[nodiscard]] bool source_is_started() const noexcept;

  // --- for the typed reader: item sizes that the compiler knows. REQUIRES: Bytes == item_bytes() ---
  template <std::size_t Bytes>
  [[nodiscard]] Status try_next_sized(std::byte* item);
  template <std::size_t Bytes>
  [[nodiscard]] Status next_sized(std::byte* item, Deadline deadline);
  /// Throws the error that stands for a status, where a call has no status to return.
  [[noreturn]] void throw_status(Status status) const;

 private:
  friend class detail::Waitable;  // src/stream/waitable.hpp: what a reader offers to be waited for

  RawReader(Shared<storage::AttachedStream> stream, ReaderOptions options);
  void claim_lossless(bool may_begin_later);
  void move_to(Index index) noexcept {
    cursor_.move_to(index);
    lossless_.after_read(index);
  }
  [[nodiscard]] Status nothing_there() const noexcept;
  [[nodiscard]] Status copy_next(std::byte* item) const noexcept;
  [[nodiscard]] Status lapped();
  [[nodiscard]] bool spin_shortly() const noexcept;

  Shared<storage::AttachedStream> stream_;
  Owned<detail::ReaderRegistration> registration_;
  ItemSource items_;
  detail::ReaderCursor cursor_;
  detail::LosslessClaim lossless_;
  ReaderOptions options_;
  Owned<detail::WaitTargets> waiting_;  // this reader alone; made by the first wait
};

template <std::size_t Bytes>
Status RawReader::try_next_sized(std::byte* item) {
  if (lossless_.was_evicted()) [[unlikely]] {
    return Status::evicted;
  }
  const Index inserted = items_.inserted();
  const Index index = cursor();
  if (index >= inserted) return nothing_there();
  if constexpr (Bytes <= layout::newest_bytes) {
    if (index + 1 == inserted && items_.copy_newest<Bytes>(inserted, item)) {
      move_to(inserted);
      return Status::ok;
    }
  }
  if (items_.copy_one<Bytes>(index, item)) [[likely]] {
    move_to(index + 1);
    return Status::ok;
  }
  return lapped();
}

/// Spins for the next item for a microsecond or so, inline: an item that comes that soon costs no call and no look
/// at the clock.
inline bool RawReader::spin_shortly() const noexcept {
  const bool fetch = item_bytes() > layout::newest_bytes;  // these do not ride in the counter line
  for (int turn = 0; turn < 64; ++turn) {
    if (fetch) items_.prefetch(cursor());
    ring::pause();
    if (items_.inserted() > cursor()) return true;
  }
  return false;
}

template <std::size_t Bytes>
Status RawReader::next_sized(std::byte* item, Deadline deadline) {
  for (;;) {
    const Status status = try_next_sized<Bytes>(item);
    if (status != Status::not_yet) return status;
    if (options_.waiting.spins() && !deadline.is_now() && spin_shortly()) continue;
    const Status waited = wait_for(count_after_cursor(1), deadline);
    if (waited != Status::ok) return waited;
  }
}

}  // namespace shm
