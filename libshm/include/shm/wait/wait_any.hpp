// SPDX-License-Identifier: Apache-2.0

// A wait for several streams at once: one sleep, which ends with the first of them that has a result.
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
// A sleep costs one system call, and ends with the first wake, for up to 128 streams and different interrupts
// together (the kernel's FUTEX_WAITV_MAX). It becomes a sleep in steps of at most 1 ms
//
//   - with more streams than that,
//   - on kernels before 5.16,
//   - if the control file of a stream may not be written.
//
// For more streams, and for repeated waits on the same ones, use WaitSet (shm/wait/wait_set.hpp).
//
// One thread at a time may use a reader; during the wait that is the waiting thread. Each function lists what
// it throws.
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

/// The condition of a wait: `count` items were inserted in all.
struct SHM_API Awaited {
  RawReader* reader;
  Index count;

  /// The condition that so many items follow the reader's cursor.
  /// @throws BadStream  no index is left for them: the stream's counters are damaged, or the cursor was sent there
  [[nodiscard]] static Awaited next_of(RawReader& reader, std::uint64_t items = 1);
};

struct AnyResult {
  Status status = Status::not_yet;
  /// The stream that the status is of, by its place in the list; the list's size if it is of no stream.
  std::size_t which = 0;
};

/// Waits until one of the streams has a result, and returns that of the first such stream, in the order given:
///
///     ok           so many items were inserted
///     ended        they never will be: leave this stream out of the next call
///     writer_lost  its writer died, and its reader has ReaderOptions::writer_loss_is_error
///
/// If no stream has one, then it returns
///
///     interrupted  `interrupt` was triggered (of no stream), or the interrupt of a reader (of that stream)
///     timed_out    the deadline passed (of no stream)
///
/// RawReader::inserted() is the count of the other streams. `waiting` holds for the call; the readers' own
/// strategies do not count. A stream that was waited for in vain may cost its writer one needless wake.
/// @throws InvalidArgument  the list is empty, or a reader is nullptr
[[nodiscard]] SHM_API AnyResult wait_any(std::span<const Awaited> streams,
                                         Deadline deadline = Deadline::never(),
                                         const Interrupt* interrupt = nullptr, WaitStrategy waiting = {});

}  // namespace shm
