// SPDX-License-Identifier: Apache-2.0

// A wait set: streams that are waited for together, again and again, any number of them.
//
//   shm::WaitSet set;
//   const auto ticks_id = set.add(ticks.raw());
//   set.add(blocks.raw(), 480);                         // 480 items at a time
//   for (;;) {
//     const shm::WaitSet::Result now = set.wait(shm::Deadline::never(), &stop);
//     if (now.status != shm::Status::ok) break;         // interrupted
//     for (const auto& [id, reader, status] : now.ready) {
//       if (status == shm::Status::ended) set.remove(id);
//       if (id == ticks_id) while (const auto tick = ticks.try_next()) use(*tick);
//     }
//   }
//
// A wait is one sleep, which ends with the first stream that has a result. Up to 128 streams and different
// interrupts together, the sleep is on the streams themselves (the kernel's FUTEX_WAITV_MAX). Beyond that,
// each 127 streams get a thread of the set's own, which sleeps for it and passes wakes on. These threads
// exist from the first such sleep until there are few streams again or the set is destroyed; they have all
// signals blocked. On kernels before 5.16, or if the control file of a stream may not be written, the sleep
// is in steps of at most 1 ms.
//
// Round-robin: a wait returns all streams that are ready, and begins with the one after the stream that came first
// in the previous result. So a caller that handles only the first of each result gets to all of them too.
//
// One thread at a time may use a set; while it waits, that thread also uses the set's readers. The readers
// stay alive, and are not moved, while they are in a set. In a forked child, a set of the parent's must not
// be used: only its destructor may run. Each function lists what it throws.
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
  /// Identifies a stream in the set; never used twice.
  enum class Id : std::uint64_t {};

  /// A stream with a result:
  ///
  ///     ok           the wanted items are there
  ///     ended        it never will be; returned each time, so remove the stream
  ///     writer_lost  its writer died, and its reader has ReaderOptions::writer_loss_is_error; returned each time, as
  ///                  long as there is no other writer
  ///     interrupted  the interrupt that its reader was made with was triggered; only if no stream has another result
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

  /// Adds this reader's stream: waits end when so many items follow its cursor, wherever that is when the
  /// wait begins. A stream may be in a set more than once, each time with another reader.
  /// @throws std::system_error  no thread could be started for it (sets of more than 128)
  Id add(RawReader& reader, std::uint64_t items = 1);
  /// @throws InvalidArgument  it is not in the set (as want and reader)
  void remove(Id id);
  /// From the next wait on, this many items are to follow its reader's cursor.
  void want(Id id, std::uint64_t items);
  /// From the next wait on, the item of this index is to exist, wherever the cursor is.
  /// @throws InvalidArgument  it is not in the set; or UINT64_MAX, an index that no item has
  void want_index(Id id, Index index);
  [[nodiscard]] RawReader& reader(Id id) const;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// Waits until a stream has a result, and returns all streams that have one. `waiting` holds for the call;
  /// the readers' own strategies do not count. With Deadline::now() it only looks. A stream that was waited
  /// for in vain may cost its writer one needless wake.
  /// @throws InvalidArgument    the set is empty
  /// @throws BadStream          no index is left for the items that are wanted of a stream
  /// @throws std::system_error  no thread could be started (more than 128 streams)
  [[nodiscard]] Result wait(Deadline deadline = Deadline::never(), const Interrupt* interrupt = nullptr,
                            WaitStrategy waiting = {});

 private:
  friend class ReadyFd;
  struct SHM_LOCAL State;
  std::unique_ptr<State> state_;
};

}  // namespace shm
