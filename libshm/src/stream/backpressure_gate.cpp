// SPDX-License-Identifier: Apache-2.0
#include "stream/backpressure_gate.hpp"

#include <algorithm>
#include <string>

#include "os/futex.hpp"
#include "os/membarrier.hpp"
#include "os/process.hpp"
#include "shm/base/deadline.hpp"
#include "shm/base/error.hpp"
#include "shm/ring/wake.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;

// A lossless reader that died is released within 100 ms: its lock is looked at this often while it holds
// back.
constexpr std::chrono::milliseconds between_looks_at_locks{10};
constexpr std::chrono::milliseconds longest_wait{20};
constexpr std::chrono::milliseconds longest_unordered_wait{1};

}  // namespace

BackpressureGate::BackpressureGate(storage::OwnedStream& stream, const LosslessOptions& options,
                                   Index released)
    : stream_(&stream),
      options_(options),
      backpressure_(stream.live(), stream.control().header(), &stream.control().slot(0), released) {
  stream.live().needed.store(0, std::memory_order_relaxed);  // a dead writer may have left it
}

BackpressureGate::~BackpressureGate() { stream_->live().needed.store(0, std::memory_order_relaxed); }

bool BackpressureGate::admit(std::uint64_t items, Index below, Index inserted) {
  if (below <= backpressure_.granted()) [[likely]] {
    return true;
  }
  // An eighth of the rest, so that the writer looks at the readers now and then, and a new reader that wants all
  // readable items still gets most of them.
  backpressure_.grant_ahead((inserted - below) / 8);
  bool admitted = backpressure_.allows(below, inserted);
  if (!admitted) {
    // Diagnostic (ReaderInfo::holds_back): ordered with nothing.
    stream_->live().needed.store(below, std::memory_order_relaxed);
    is_held_back_ = true;
    release_dead(below);
    admitted = backpressure_.allows(below, inserted) ||
               (options_.when_full == WhenFull::wait && wait(below, inserted));
  }
  if (admitted) {
    if (is_held_back_) stream_->live().needed.store(0, std::memory_order_relaxed);
    is_held_back_ = false;
    return true;
  }
  if (options_.when_full != WhenFull::drop) throw_full(items);
  layout::Atomic<std::uint64_t>& dropped = stream_->live().dropped_items;
  dropped.store(dropped.load(std::memory_order_relaxed) + items,
                std::memory_order_relaxed);  // the writer alone does
  return false;
}

/// False: the deadline passed. @throws Interrupted.
bool BackpressureGate::wait(Index below, Index inserted) {
  layout::ControlHeader& control = stream_->control().header();
  const Deadline deadline(options_.patience);
  if (options_.waiting.kind != WaitStrategy::Kind::sleep) {
    const bool sleeps = options_.waiting.kind != WaitStrategy::Kind::spin;
    const auto enough = sleeps ? Clock::now() + options_.waiting.spin_for : Clock::time_point::max();
    if (spin(below, inserted, std::min(enough, deadline.at()))) return true;
  }
  for (;;) {
    // As a sleeping reader (ring/wake.hpp), with the roles exchanged: the writer waits for acknowledgements, and the
    // reader that makes the wanted one wakes it.
    const std::uint32_t seen_wakes = ring::load_wake_word(control.room_count);
    ring::ask_for_wake(control.room_at, below - 1);
    ring::full_fence();  // pairs with that of a reader that cannot be reached by a membarrier
    const bool ordered = os::barrier();
    if (backpressure_.allows(below, inserted)) return true;
    if (options_.interrupt != nullptr && options_.interrupt->triggered()) {
      throw Interrupted("append to '" + stream_->paths().name +
                        "': interrupted while a lossless reader held it back; nothing was appended");
    }
    if (deadline.passed()) return false;
    const auto until =
        std::min(deadline.at(), Clock::now() + (ordered ? longest_wait : longest_unordered_wait));
    os::futex_wait(control.room_count, seen_wakes, until, options_.interrupt);
    release_dead(below);
  }
}

bool BackpressureGate::spin(Index below, Index inserted, Clock::time_point until) {
  for (std::uint32_t turn = 1;; ++turn) {
    ring::pause();
    if (turn % 16 != 0) continue;
    if (backpressure_.allows(below, inserted)) return true;
    if (options_.interrupt != nullptr && options_.interrupt->triggered()) return false;  // wait() throws
    if (Clock::now() >= until) return false;
    release_dead(below);
  }
}

/// Releases the claims of readers whose lock is gone: the kernel released it when they died.
void BackpressureGate::release_dead(Index below) {
  const auto now = Clock::now();
  if (now < look_at_locks_again_) return;
  look_at_locks_again_ = now + between_looks_at_locks;
  storage::ControlFile& control = stream_->control();
  ring::each_lossless(control.header(), &control.slot(0), [&](const ring::LosslessReader& reader) {
    if (reader.acknowledged >= below) return;
    if (control.file().is_locked(storage::ControlFile::slot_offset(reader.slot))) return;
    ring::release_reader(control.slot(reader.slot).lossless, reader.word);
  });
}

std::optional<ring::LosslessReader> BackpressureGate::furthest_behind() const {
  std::optional<ring::LosslessReader> furthest;
  const storage::ControlFile& control = stream_->control();
  ring::each_lossless(control.header(), &control.slot(0), [&](const ring::LosslessReader& reader) {
    if (!furthest || reader.acknowledged < furthest->acknowledged) furthest = reader;
  });
  return furthest;
}

void BackpressureGate::throw_full(std::uint64_t items) const {
  std::string reader_text = "a lossless reader";
  std::string reader_name;
  std::int32_t pid = 0;
  std::string where;
  if (const std::optional<ring::LosslessReader> reader = furthest_behind()) {
    const layout::ReaderSlot& slot = stream_->control().slot(reader->slot);
    pid = slot.pid.load(std::memory_order_relaxed);
    reader_name = os::get_text(slot.name);
    const std::string program = os::get_text(slot.program);
    if (reader_name.empty()) reader_name = program;
    reader_text =
        "lossless reader '" + reader_name + "' (process " + std::to_string(pid) + ", " + program + ")";
    where = " at item " + std::to_string(reader->acknowledged);
  }
  throw RingFull("append of " + std::to_string(items) + " to '" + stream_->paths().name +
                     "': the ring is full, " + reader_text + " holds it back" + where +
                     "; nothing was appended (shm evict releases it)",
                 pid, reader_name);
}

}  // namespace shm
