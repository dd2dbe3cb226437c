// SPDX-License-Identifier: Apache-2.0

// What a wait for one stream needs, and a request for wakes from several streams at once. Nothing here belongs to a
// reader: a thread that may not use the reader can wait for its stream.
#pragma once

#include <cstdint>
#include <vector>

#include "shm/base/index_range.hpp"
#include "shm/base/status.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/stream/item_source.hpp"
#include "storage/attached_stream.hpp"
#include "stream/waitable.hpp"

namespace shm::detail {

/// One stream, and the count of items that is wanted there. It keeps nothing alive. One thread at a time.
struct WaitTarget {
  WaitTarget(const Waitable& of, Index wanted) noexcept
      : stream(&of.mapping()),
        items(of.items()),
        writer_loss_is_error(of.writer_loss_is_error()),
        control(of.control()),
        count(wanted) {}

  const storage::AttachedStream* stream;
  ItemSource items;
  bool writer_loss_is_error;
  layout::ControlHeader* control;  ///< nullptr: the writer cannot be asked for a wake
  Index count;                     ///< wanted: so many items inserted in all

  [[nodiscard]] const layout::Atomic<std::uint32_t>& wake_word() const noexcept {
    return stream->live().wake_count;
  }
  /// What is known without a system call: ok, ended, or not_yet.
  [[nodiscard]] Status look() const noexcept;
  /// What the kernel knows of the writer: ended, writer_lost where that was asked for, or not_yet; ok if the items
  /// came before the writer went. @throws SystemError.
  [[nodiscard]] Status look_at_writer() const;
};

/// The requests for wakes of one round: all are made first, and one membarrier orders all.
///
/// Each stream has the protocol of ring/wake.hpp for itself, with a writer of its own: its request pairs with
/// nothing of another stream's. The protocol needs a membarrier between request and look. One that comes after
/// several requests comes between each of them and its look: every writer that it reached sees its request from
/// then on, or has inserted what the look will see. A writer that registers for membarriers only after that does so
/// with a full barrier, and sees the request too.
class WakeRequestRound {
 public:
  /// Begins a round of at most so many requests.
  void begin(std::size_t most);
  /// Asks for a wake by the writer of `stream`, where no request stands. `seen_wakes`: what ring::load_wake_word() returned
  /// before.
  void ask(const WaitTarget& stream, std::uint32_t seen_wakes) noexcept;
  /// Orders the requests; look at the streams then, and sleep. False: some request may go unseen, sleep for a
  /// moment only.
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

}  // namespace shm::detail
