// SPDX-License-Identifier: Apache-2.0

// Waiting: spinning, asking for a wake, sleeping; and giving up.
#include <algorithm>
#include <string>

#include "base/sleep_limits.hpp"
#include "os/futex.hpp"
#include "os/membarrier.hpp"
#include "shm/ring/wake.hpp"
#include "shm/stream/raw_reader.hpp"
#include "storage/attached_stream.hpp"
#include "stream/reader_registration.hpp"

namespace shm {
namespace {

using Clock = Deadline::Clock;

}  // namespace

Status RawReader::wait_for(Index count, Deadline deadline) {
  if (items_.inserted() >= count) return Status::ok;
  const bool spins = options_.waiting.kind != WaitStrategy::Kind::sleep;
  const bool sleeps = options_.waiting.kind != WaitStrategy::Kind::spin;
  if (!deadline.is_now() && spins) {
    // Larger items do not ride in the counter line: ask for theirs ahead, so that the transfers overlap.
    const bool fetch = item_bytes() > layout::newest_bytes;
    const auto start = Clock::now();
    const auto stop = sleeps ? start + options_.waiting.spin_for : Clock::time_point::max();
    auto look_at_writer = start + longest_sleep;
    for (std::uint32_t turn = 1;; ++turn) {
      if (fetch) items_.prefetch(count - 1);
      ring::pause();
      if (items_.inserted() >= count) return Status::ok;
      if (turn % 64 != 0) continue;
      const Status given_up = gave_up(count, deadline);
      if (given_up != Status::not_yet) return given_up;
      const auto now = Clock::now();
      if (now >= stop) break;
      if (now >= look_at_writer) {
        const Status gone = writer_gone(count);
        if (gone != Status::not_yet) return gone;
        look_at_writer = now + longest_sleep;
      }
    }
  }
  return sleep_until(count, deadline);
}

/// The count at which so many items follow the cursor. Where no index is left for them (damaged counters took
/// the cursor there, or a caller did) none will ever come: waiting for an index that wrapped around would not
/// wait at all.
Index RawReader::after_cursor(std::uint64_t items) const {
  if (items > UINT64_MAX - cursor_) {
    throw BadStream("stream '" + stream_->paths().name + "': no item can follow index " +
                    std::to_string(cursor_) +
                    ": the stream's counters are damaged, or the reader was sent there");
  }
  return cursor_ + items;
}

Status RawReader::wait_for_more(std::uint64_t items, Deadline deadline) {
  return wait_for(after_cursor(items), deadline);
}

/// What needs no system call to be known: interrupted, ended, too late; else not_yet (or ok).
Status RawReader::gave_up(Index count, Deadline deadline) const {
  if (options_.interrupt != nullptr && options_.interrupt->triggered()) return Status::interrupted;
  // Acquire: as in nothing_there.
  const bool ended = stream_->live().state.load(std::memory_order_acquire) == layout::StreamState::ended;
  if (items_.inserted() >= count) return Status::ok;
  if (ended) return Status::ended;
  return deadline.passed() ? Status::timed_out : Status::not_yet;
}

/// What the kernel knows of the writer: ended, writer_lost where that was asked for; else not_yet (or ok).
Status RawReader::writer_gone(Index count) const {
  const WriterState writer = writer_state();
  if (writer == WriterState::live) return Status::not_yet;
  if (items_.inserted() >= count) return Status::ok;  // it did before it went
  if (writer == WriterState::ended) return Status::ended;
  return options_.writer_loss_is_error ? Status::writer_lost : Status::not_yet;
}

/// False: nobody can be asked, sleep a moment only.
bool RawReader::ask_to_be_woken(Index index, std::uint32_t seen_wakes) noexcept {
  layout::ControlHeader& header = place_->control->header();
  if (ring::request_stands(header.standing_request, seen_wakes, index)) return true;
  ring::ask_for_wake(header.wake_at, index);
  return ring::order_request(stream_->live().writer_fences, [&] {
    if (!os::barrier()) return false;
    ring::announce_request(header.standing_request, seen_wakes, index, items_.inserted());
    return true;
  });
}

Status RawReader::sleep_until(Index count, Deadline deadline) {
  const os::FutexWord& wake_word = stream_->live().wake_count;
  if (const Status given_up = gave_up(count, deadline); given_up != Status::not_yet) return given_up;
  for (;;) {
    const std::uint32_t seen_wakes = ring::load_wake_word(wake_word);
    bool asked = false;
    if (place_->control) asked = ask_to_be_woken(count - 1, seen_wakes);
    const Status given_up = gave_up(count, deadline);
    if (given_up != Status::not_yet) return given_up;
    const auto now = Clock::now();
    if (now >= look_at_writer_) {
      const Status gone = writer_gone(count);
      if (gone != Status::not_yet) return gone;
      if (!place_->control) list_myself();  // the control file may have come after the stream
      look_at_writer_ = now + longest_sleep;
    }
    const auto until = std::min(deadline.at(), asked ? look_at_writer_ : now + longest_unasked_sleep);
    if (options_.interrupt != nullptr) {
      os::futex_wait_either(wake_word, seen_wakes, options_.interrupt->word(), 0, until);
    } else {
      os::futex_wait(wake_word, seen_wakes, until);
    }
    if (items_.inserted() >= count) return Status::ok;
  }
}

}  // namespace shm
