// SPDX-License-Identifier: Apache-2.0

// What it takes to wait for one stream, and to ask several at once to be woken. Nothing here is a reader's
// own: a thread that may not use the reader can wait for the stream.
#pragma once

#include <cstdint>
#include <vector>

#include "shm/base/index_range.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/stream/item_source.hpp"
#include "shm/stream/raw_reader.hpp"
#include "storage/attached_stream.hpp"

namespace shm {

/// One stream, and that so many items are wanted there. It keeps nothing alive. One thread at a time.
struct WaitTarget {
  const storage::AttachedStream* stream;
  ItemSource items;
  bool writer_loss_is_error = false;
  layout::ControlHeader* control = nullptr;  ///< nullptr: nobody can be asked
  Index count = 0;                           ///< that so many items were inserted in all

  [[nodiscard]] const layout::Atomic<std::uint32_t>& wake_word() const noexcept {
    return stream->live().wake_count;
  }
  /// What needs no system call to be known: ok, ended, not_yet.
  [[nodiscard]] Status look() const noexcept;
  /// What the kernel knows of the writer: ended, writer_lost where that was asked for; else not_yet (or ok).
  [[nodiscard]] Status look_at_writer() const;
};

/// The requests of one round: all are made first, and one membarrier is for all.
///
/// Each stream has the protocol of ring/wake.hpp for itself, with a writer of its own: its request pairs with
/// nothing of another stream's. What the protocol needs between request and look is a membarrier, and one
/// that comes after several requests comes between each of them and its look: every writer that it reached
/// sees its request from then on, or has inserted what the look will see. One that registers only after it
/// does so with a full barrier, and sees the request too.
class WakeRequests {
 public:
  /// A new round, of at most so many.
  void begin(std::size_t most);
  /// Asks to be woken for `stream`, where no request stands. `seen_wakes`: what was listened to before.
  void ask(const WaitTarget& stream, std::uint32_t seen_wakes) noexcept;
  /// Then look at the streams, and sleep. False: some request may go unseen, sleep a moment only.
  [[nodiscard]] bool order() noexcept;

 private:
  struct Request {
    const layout::LiveState* live;
    layout::ControlHeader* control;
    std::uint32_t seen_wakes;
    Index index;
  };
  std::vector<Request> made_;  // those that have to be ordered
  bool all_can_be_asked_ = true;
};

}  // namespace shm
