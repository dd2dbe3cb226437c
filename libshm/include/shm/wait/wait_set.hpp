// SPDX-License-Identifier: Apache-2.0

// A wait set: streams that are waited for together, again and again, any number of them.
//
//   shm::WaitSet set;
//   const auto ticks_id = set.add(ticks.raw());
//   const auto blocks_id = set.add(blocks.raw(), 480);  // 480 items at a time
//   for (;;) {
//     const shm::WaitSet::Result now = set.wait(shm::Deadline::never(), &stop);
//     if (now.status != shm::Status::ok) break;         // interrupted
//     for (const auto& [id, reader, status] : now.ready) {
//       if (status == shm::Status::ended) set.remove(id);
//       else if (id == ticks_id) while (const auto tick = ticks.try_next()) use(*tick);
//       else ...
//     }
//   }
//
// A wait is one sleep, which ends with the first stream that has what is wanted of it. Up to 128 streams and
// different interrupts together it is on the streams themselves (what the kernel takes: FUTEX_WAITV_MAX).
// Beyond that each 127 streams have a thread of the set's own that sleeps for it and passes the wake on. They
// are there from the first such sleep until there are few streams again or the set is destroyed, and have all
// signals blocked. On kernels before 5.16, or where a stream's control file may not be written, it sleeps in
// steps of at most 1 ms.
//
// Fair: what is ready is answered all at once, and first comes what stands behind the stream that came first
// the last time. Who handles only the first of each answer gets to all of them too.
//
// One thread at a time may use a set; while it waits, its readers are that thread's too. They stay where
// they are, alive and not moved, while they are in a set. In a child that was forked a set of the parent's
// must not be used: only its destructor may run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "shm/base/deadline.hpp"
#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm {

class SHM_API WaitSet {
 public:
  /// A stream's name in the set; never given twice.
  enum class Id : std::uint64_t {};

  /// A stream that there is something to say of:
  ///   ok           what was wanted is there
  ///   ended        it never will be; said again each time: remove it
  ///   writer_lost  its writer died, and its reader has ReaderOptions::writer_loss_is_error; said again too,
  ///                as long as there is no other writer
  ///   interrupted  the interrupt that its reader was made with was triggered; said if nothing else is
  struct Ready {
    Id id;
    RawReader* reader;
    Status status;
  };
  struct Result {
    Status status = Status::timed_out;  ///< ok (see `ready`), timed_out or interrupted
    std::span<const Ready> ready;       ///< each stream once; valid until the set is used again
  };

  WaitSet();
  ~WaitSet();
  WaitSet(WaitSet&&) noexcept;
  WaitSet& operator=(WaitSet&&) noexcept;

  /// Waits for this reader's stream too: until so many items follow its cursor, wherever that is when the
  /// wait begins. A stream may be in a set more than once, by a reader each.
  Id add(RawReader& reader, std::uint64_t items = 1);
  /// @throws InvalidArgument  it is not in the set (as want and reader do).
  void remove(Id id);
  /// From the next wait on: that so many items follow its reader's cursor.
  void want(Id id, std::uint64_t items);
  /// From the next wait on: that the item of this index is there, wherever the cursor is.
  /// @throws InvalidArgument  also for UINT64_MAX, which no item has.
  void want_index(Id id, Index index);
  [[nodiscard]] RawReader& reader(Id id) const;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// Waits until there is something to say of a stream, and says it of all that there is. How to wait is the
  /// call's; the readers' own strategies do not count. With Deadline::now() it only looks. A stream that was
  /// waited for in vain may cost its writer one needless wake.
  /// @throws InvalidArgument  there is no stream in it; BadStream  no index is left for the items that are
  ///         wanted of one; std::system_error  no thread is to be had for more than 128.
  [[nodiscard]] Result wait(Deadline deadline = Deadline::never(), const Interrupt* interrupt = nullptr,
                            WaitStrategy waiting = {});

 private:
  friend class ReadyFd;
  struct SHM_LOCAL Members;
  std::unique_ptr<Members> members_;
};

}  // namespace shm
