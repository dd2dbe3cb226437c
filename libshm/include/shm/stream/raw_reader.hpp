// SPDX-License-Identifier: Apache-2.0

// A reader, untyped: a cursor that blocks, a sequence that can be sliced, and something to wait on. Reader<T>
// is the typed face of it.
//
// Readers map the data read-only, never slow the writer down, and never influence each other. What a read
// returns is exact, or the answer says what is gone: copies are checked before they are returned, views can
// be checked after use.
//
// One thread at a time may use a reader (fork() one per thread). A writer's crash does not disturb an
// attached reader: it goes on when the next writer has taken over.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shm/base/deadline.hpp"
#include "shm/base/error.hpp"
#include "shm/base/export.hpp"
#include "shm/base/function_ref.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/owned.hpp"
#include "shm/base/status.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/format/item_format.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/ring/backpressure.hpp"
#include "shm/ring/wake.hpp"
#include "shm/storage/stream_options.hpp"
#include "shm/stream/item_source.hpp"

namespace shm {

namespace storage {
class AttachedStream;
}

/// Where a cursor starts. There is no default: a reader that silently starts at old data lies to somebody.
class Start {
 public:
  [[nodiscard]] static Start oldest() { return Start(Kind::oldest); }  ///< the oldest readable item
  [[nodiscard]] static Start newest() { return Start(Kind::newest); }  ///< the last item already there
  [[nodiscard]] static Start next() { return Start(Kind::next); }      ///< the first item not yet there
  [[nodiscard]] static Start at(Index index) { return Start(Kind::index, index); }

 private:
  friend class RawReader;
  enum class Kind { oldest, newest, next, index };
  explicit Start(Kind kind, Index index = 0) : kind_(kind), index_(index) {}
  Kind kind_;
  Index index_;
};

/// When a lossless reader gives up its claim to the items that it has read.
enum class Acknowledge {
  with_read,   ///< an item is released when the cursor moves past it
  explicitly,  ///< by RawReader::acknowledge: after it was stored, say
};

struct ReaderOptions {
  std::string name = {};  ///< shown by `shm info`; at most 63 bytes are kept
  WaitStrategy waiting = {};
  bool loss_is_error = false;  ///< being overtaken throws OverlapsPast instead of answering Status::lost
  bool writer_loss_is_error = false;  ///< waiting on a stream whose writer died answers Status::writer_lost
  /// Be a lossless reader of a lossless stream (StreamOptions::lossless): what it has not acknowledged is not
  /// overwritten, and holds the writer back when the ring is full.
  std::optional<Acknowledge> lossless = {};
  Deadline wait_for_stream = Deadline::now();  ///< how long to wait for the stream to appear
  const Interrupt* interrupt = nullptr;
  std::string directory = {};  ///< empty: $LIBSHM_DIR, else /dev/shm/libshm
  /// Accept the stream of this user alone (PermissionDenied otherwise). Without it any user's: see
  /// docs/security.md.
  std::optional<::uid_t> owner = {};
};

/// How much a read of n items takes.
enum class Amount {
  exactly,   ///< n, waiting for them; fewer only at the end of the stream
  available  ///< at least one and at most n: what is there
};

struct ReadResult {
  Status status = Status::ok;
  std::size_t count = 0;  ///< items copied; may be more than 0 with Status::ended
  Index first = 0;        ///< index of the first of them
};

/// A slice whose ends are known: begin <= end, step >= 1.
struct ResolvedSlice {
  Index begin = 0;
  Index end = 0;
  std::uint64_t step = 1;
  [[nodiscard]] std::uint64_t count() const noexcept { return (end - begin + step - 1) / step; }
};

/// A look at items in place. What it shows may be overwritten at any time: read, then ask intact().
/// Valid as long as the reader that made it lives.
class SHM_API RawView {
 public:
  RawView(const ItemSource& items, ResolvedSlice slice) : items_(&items), slice_(slice) {}

  [[nodiscard]] ResolvedSlice slice() const noexcept { return slice_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return slice_.count(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const std::byte* at(std::uint64_t i) const noexcept {
    return items_->at(slice_.begin + i * slice_.step);
  }
  /// All bytes from the first item to the last, without gaps in between only if the step is 1.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {items_->at(slice_.begin), (slice_.end - slice_.begin) * items_->item_bytes()};
  }
  /// True if everything that was read through the view so far was what the stream had there.
  [[nodiscard]] bool intact() const noexcept { return empty() || items_->intact(slice_.begin); }
  /// @throws OverlapsPast  if not intact().
  void check() const;

 private:
  const ItemSource* items_;
  ResolvedSlice slice_;
};

class SHM_API RawReader {
 public:
  /// Attaches. `format`: what the caller takes the items for; empty: any.
  /// @throws NotFound, TimedOut (wait_for_stream passed), Interrupted, TypeMismatch, BadStream,
  /// PermissionDenied,
  ///         InvalidArgument, SystemError. As a lossless reader also InvalidArgument (the stream was not
  ///         created lossless), PermissionDenied and Error (it cannot be listed, see enter()).
  RawReader(std::string_view name, Start start, const ReaderOptions& options = {},
            std::string_view format = {});
  ~RawReader();
  RawReader(RawReader&&) noexcept;
  RawReader& operator=(RawReader&&) noexcept;

  /// A second reader at the same position, with the same options. It has not entered. That of a lossless
  /// reader is lossless, unless that one was evicted.
  [[nodiscard]] RawReader fork() const;

  // --- what is there ---
  [[nodiscard]] Index inserted() const noexcept { return items_.inserted(); }
  [[nodiscard]] Index oldest() const noexcept;
  [[nodiscard]] IndexRange readable() const noexcept;
  [[nodiscard]] std::uint64_t item_bytes() const noexcept { return items_.item_bytes(); }
  [[nodiscard]] std::uint64_t history() const noexcept { return items_.history(); }
  [[nodiscard]] const ItemFormat& format() const noexcept;
  [[nodiscard]] StreamInfo info() const;
  [[nodiscard]] WriterState writer_state() const;
  /// Is this reader in the stream's table, where others see it?
  [[nodiscard]] bool is_listed() const noexcept;

  // --- for what reads beside the cursor, index maps say (shm/stream/item_source.hpp) ---
  /// The stream's name.
  [[nodiscard]] const std::string& name() const noexcept;
  /// The items, by index. Valid as long as the reader, and not moved with it.
  [[nodiscard]] const ItemSource& items() const noexcept { return items_; }
  /// Items, ledger, buckets and bytes of records, kept mapped as long as the result.
  [[nodiscard]] StreamContents contents() const noexcept { return StreamContents(stream_); }

  // --- cursor ---
  [[nodiscard]] Index cursor() const noexcept { return cursor_; }
  void seek(Start start);
  void seek(Index index) { seek(Start::at(index)); }

  /// Copies the next item and moves on. `item` holds item_bytes().
  /// @throws OverlapsPast only with loss_is_error; InvalidArgument if `item` has another size.
  [[nodiscard]] Status try_next(std::span<std::byte> item);
  [[nodiscard]] Status next(std::span<std::byte> item, Deadline deadline = Deadline::never());
  /// The same without moving.
  [[nodiscard]] Status peek(std::span<std::byte> item, Deadline deadline = Deadline::now());

  /// Copies up to items.size() / item_bytes() items and moves on.
  /// @throws InvalidArgument  not whole items, or exactly more than history(): nothing is consumed.
  [[nodiscard]] ReadResult read(std::span<std::byte> items, Amount amount = Amount::exactly,
                                Deadline deadline = Deadline::never());

  /// A look at what follows the cursor, at most `most` items, without copying or moving; move with skip().
  [[nodiscard]] RawView peek_view(std::uint64_t most) const noexcept;
  /// Moves the cursor on by `items`, to what was seen through peek_view(). Answers Status::lost, and moves as
  /// for any loss, if they were overwritten meanwhile.
  [[nodiscard]] Status skip(std::uint64_t items);

  /// Waits until `count` items were inserted in all: ok, timed_out, ended, interrupted, writer_lost.
  [[nodiscard]] Status wait_for(Index count, Deadline deadline = Deadline::never());

  /// Lossless readers: releases all items below `index`. What was acknowledged stays so.
  /// @throws InvalidArgument  not a lossless reader, or `index` is more than inserted().
  void acknowledge(Index index);
  /// The first item that is not acknowledged. 0: not a lossless reader.
  [[nodiscard]] Index acknowledged() const noexcept { return acknowledged_; }
  /// Does it hold the writer back? Not if it was evicted.
  [[nodiscard]] bool is_lossless() const noexcept {
    // Relaxed: a word that says it, and nothing else.
    return lossless_number_ != 0 && slot_->lossless.load(std::memory_order_relaxed) == lossless_number_;
  }

  /// All that this reader lost, and the latest range of it.
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return lost_items_; }
  [[nodiscard]] std::uint64_t lost_ranges() const noexcept { return lost_ranges_; }
  [[nodiscard]] IndexRange last_lost() const noexcept { return last_lost_; }

  // --- slices ---
  /// Turns a slice into indices, now. With o = oldest() and n = inserted():
  ///   start missing: o; stop missing: n; negative: n plus it
  ///   begin == end: empty, wherever it is
  ///   begin < o (or before the stream began): OverlapsPast; else end > n: waits for it until `wait`, then
  ///   OverlapsFuture, or TimedOut if it waited
  ///   step < 1, begin > end: InvalidArgument; so is waiting for more than history() at once
  [[nodiscard]] ResolvedSlice resolve(const Slice& slice, Deadline wait = Deadline::now());
  /// Copies. @throws as resolve(), Ended, Interrupted.
  [[nodiscard]] std::vector<std::byte> slice(const Slice& slice, Deadline wait = Deadline::now());
  /// The same into the caller's memory; gives the number of items. @throws also InvalidArgument if it is too
  /// small.
  std::uint64_t slice_into(std::span<std::byte> to, const Slice& slice, Deadline wait = Deadline::now());
  /// The same into room that is asked for once the number of items is known (again, if they were overwritten
  /// while an open start was copied).
  ResolvedSlice copy_slice(const Slice& slice, Deadline wait, FunctionRef<std::byte*(std::uint64_t)> room);
  /// Copies a resolved slice; false if it was overwritten. REQUIRES: it was readable when it was resolved.
  [[nodiscard]] bool copy(const ResolvedSlice& slice, std::byte* to) const noexcept;
  /// Looks in place. @throws as slice().
  [[nodiscard]] RawView view(const Slice& slice, Deadline wait = Deadline::now());
  /// Copies item `index`; negative counts from the newest.
  void item(std::int64_t index, std::span<std::byte> to, Deadline wait = Deadline::now());

  // --- the source ---
  /// Says that this reader wants the source to run, and waits until it does. Entering twice counts once. On a
  /// stream without a source it only notes the wish.
  /// @throws SourceFailed (with the source's words; enter again to try again), TimedOut, Ended, Interrupted,
  /// and Error if the reader cannot be listed (no permission to write the control file, or its table is
  /// full). A control file that is not there yet is waited for.
  void enter(Deadline deadline = std::chrono::seconds(10));
  /// Withdraws it, and waits (a second at most) until the producing process has taken note.
  void exit() noexcept;
  [[nodiscard]] bool is_entered() const noexcept { return entered_; }
  /// Is the source running? (False on a stream without one.)
  [[nodiscard]] bool source_is_started() const noexcept;

  // --- for the typed face: item sizes that the compiler knows. REQUIRES: Bytes == item_bytes() ---
  template <std::size_t Bytes>
  [[nodiscard]] Status try_next_sized(std::byte* item);
  template <std::size_t Bytes>
  [[nodiscard]] Status next_sized(std::byte* item, Deadline deadline);
  /// The answer instead of an item when lost items are to be skipped and everything else is exceptional.
  [[noreturn]] void throw_status(Status status) const;

 private:
  RawReader(Shared<storage::AttachedStream> stream, ReaderOptions options);
  void advance(std::uint64_t items) noexcept {
    cursor_ += items;
    slot_->cursor.store(cursor_, std::memory_order_relaxed);  // diagnostic: ordered with nothing
    if (acknowledges_reads_) [[unlikely]] {
      release_below(cursor_);
    }
  }
  /// A lossless reader that was evicted since its last read; it is an ordinary one afterwards.
  [[nodiscard]] bool was_evicted() noexcept {
    if (lossless_number_ == 0 || is_lossless()) [[likely]] {
      return false;
    }
    become_lossy();
    return true;
  }
  void release_below(Index index) noexcept {
    if (index <= acknowledged_) return;
    acknowledged_ = index;
    ring::acknowledge(*slot_, index);
    if (room_requests_.is_pending(index)) [[unlikely]] {
      wake_writer();
    }
  }
  void wake_writer() noexcept;
  void register_lossless(bool may_begin_later);
  void unregister_lossless() noexcept;
  void become_lossy() noexcept;
  void check_room(std::span<std::byte> item) const;
  void check_can_hold(std::uint64_t items) const;
  [[nodiscard]] Status copy_at_cursor(std::byte* item) const noexcept;
  [[nodiscard]] Status nothing_there() const noexcept;
  [[nodiscard]] Status overtaken();
  /// A first microsecond or so of spinning for the next item, in line: what comes that soon comes without a
  /// call and without a look at the clock.
  [[nodiscard]] bool spin_shortly() const noexcept;
  [[nodiscard]] Index after_cursor(std::uint64_t items) const;
  [[nodiscard]] Status wait_for_more(std::uint64_t items, Deadline deadline);
  [[nodiscard]] Status gave_up(Index count, Deadline deadline) const;
  [[nodiscard]] Status writer_gone(Index count) const;
  [[nodiscard]] bool ask_to_be_woken(Index index, std::uint32_t seen_wakes) noexcept;
  [[nodiscard]] Status sleep_until(Index count, Deadline deadline);
  friend class WaitTargets;  // the same for several readers at once
  void list_myself();
  void unlist() noexcept;
  [[nodiscard]] Status wait_to_be_listed(Deadline deadline);
  void insist_on_being_listed(Deadline deadline, const char* to_what_end);
  [[nodiscard]] Status signal_demand(Deadline deadline, const Interrupt* interrupt);

  ItemSource items_;
  Index cursor_ = 0;
  layout::ReaderSlot* slot_ = nullptr;  // in the control file, or one of our own when not listed
  std::uint64_t lost_items_ = 0;
  std::uint64_t lost_ranges_ = 0;
  IndexRange last_lost_;
  bool entered_ = false;
  bool acknowledges_reads_ = false;
  std::uint32_t lossless_number_ = 0;  // in its slot, odd; 0: not lossless
  Index acknowledged_ = 0;
  ring::WakeRequests room_requests_;  // of a writer that is held back
  /// Does the writer live? Asked before a sleep, but not before each.
  Deadline::Clock::time_point look_at_writer_ = {};
  ReaderOptions options_;
  struct Place;
  Owned<Place> place_;  // the slot's lock
  Shared<storage::AttachedStream> stream_;
};

template <std::size_t Bytes>
Status RawReader::try_next_sized(std::byte* item) {
  if (was_evicted()) [[unlikely]] {
    return Status::evicted;
  }
  const Index inserted = items_.inserted();
  if (cursor_ >= inserted) return nothing_there();
  if constexpr (Bytes <= layout::newest_bytes) {
    if (cursor_ + 1 == inserted && items_.copy_newest<Bytes>(inserted, item)) {
      advance(1);
      return Status::ok;
    }
  }
  if (items_.copy_one<Bytes>(cursor_, item)) [[likely]] {
    advance(1);
    return Status::ok;
  }
  return overtaken();
}

inline bool RawReader::spin_shortly() const noexcept {
  const bool fetch = item_bytes() > layout::newest_bytes;  // these do not ride in the counter line
  for (int turn = 0; turn < 64; ++turn) {
    if (fetch) items_.prefetch(cursor_);
    ring::pause();
    if (items_.inserted() > cursor_) return true;
  }
  return false;
}

template <std::size_t Bytes>
Status RawReader::next_sized(std::byte* item, Deadline deadline) {
  for (;;) {
    const Status status = try_next_sized<Bytes>(item);
    if (status != Status::not_yet) return status;
    if (options_.waiting.spins() && !deadline.is_now() && spin_shortly()) continue;
    const Status waited = wait_for_more(1, deadline);
    if (waited != Status::ok) return waited;
  }
}

}  // namespace shm
