// SPDX-License-Identifier: Apache-2.0

// Waiting for several streams at once: one sleep, which the first of them ends.
//
//   shm::Reader<Tick> ticks("market/ticks", shm::Start::next());
//   shm::Reader<Trade> trades("market/trades", shm::Start::next());
//   for (;;) {
//     const std::array streams{shm::Awaited::next_of(ticks.raw()), shm::Awaited::next_of(trades.raw())};
//     const shm::AnyResult any = shm::wait_any(streams);
//     if (any.status != shm::Status::ok) break;  // of streams[any.which]
//     while (const auto tick = ticks.try_next()) use(*tick);
//     while (const auto trade = trades.try_next()) use(*trade);
//   }
//
// A sleep costs one system call, and wakes at the writers' first word, for up to 128 streams and different
// interrupts together (what the kernel takes: FUTEX_WAITV_MAX). With more of them, on kernels before 5.16, or
// where a stream's control file may not be written, it sleeps in steps of at most 1 ms. For more of them, and
// for the same ones again and again, there is WaitSet (shm/wait/wait_set.hpp).
//
// One thread at a time may use a reader: while it is waited for, its thread is the one that waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/base/deadline.hpp"
#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/interrupt.hpp"
#include "shm/base/wait_strategy.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm {

/// What to wait for: that `count` items were inserted in all.
struct SHM_API Awaited {
  RawReader* reader;
  Index count;

  /// That so many items follow the reader's cursor.
  /// @throws BadStream  no index is left for them: the stream's counters are damaged, or the reader was sent
  ///         there.
  [[nodiscard]] static Awaited next_of(RawReader& reader, std::uint64_t items = 1);
};

struct AnyResult {
  Status status = Status::not_yet;
  /// The stream that the status is of, by its place in the list; the list's size where it is of none.
  std::size_t which = 0;
};

/// Waits until there is something to say of one of them, and says it of the first, in the order given:
///   ok           so many items were inserted
///   ended        they never will be: leave this stream out of the next call
///   writer_lost  its writer died, and its reader has ReaderOptions::writer_loss_is_error
/// or, where there is not:
///   interrupted  `interrupt` was triggered (of none), or the interrupt that a reader was made with (of that)
///   timed_out    the deadline passed (of none)
/// Whoever else is ready too can be asked: RawReader::inserted(). How to wait is the call's; the readers' own
/// strategies do not count. A stream that was waited for in vain may cost its writer one needless wake.
/// @throws InvalidArgument  no stream, or no reader.
[[nodiscard]] SHM_API AnyResult wait_any(std::span<const Awaited> streams,
                                         Deadline deadline = Deadline::never(),
                                         const Interrupt* interrupt = nullptr, WaitStrategy waiting = {});

}  // namespace shm
