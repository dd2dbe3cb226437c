// SPDX-License-Identifier: Apache-2.0

// How lossless readers hold a writer back: the protocol alone. System calls (membarrier, futex, locks) are
// the caller's.
//
//   writer, before items below x become unreadable:  x <= granted?  then nobody is looked at
//                       g = min(acknowledged of all lossless readers, x and some more)
//                       released = g                                tell those that are about to register
//                       full fence
//                       g = min(g, acknowledged of all) once more   x <= g: granted = g; else it is held back
//
//   reader that registers to begin at i:
//                       acknowledged = i, its word odd, its bit     register_lossless
//                       full fence
//                       begin at max(i, released)           acknowledges it, if that is more than i
//
//   reader that needs nothing below i any more:
//                       acknowledged = i  (release)                 acknowledge
//                       i > room_at?  then wake the writer          (ring/wake.hpp, the other way round)
//
// Either the writer's second look sees the new reader, or the reader sees what is released and begins behind
// it: one of the two full fences comes first. So what a registered reader has not acknowledged stays.
//
// A reader counts while its word is odd. The reader itself, the writer when it finds its lock gone, or the
// stream's owner who evicts it make it even, each by a compare-exchange from the odd number it saw: a slot
// that has another reader by then has another number. Bits are never cleared: they say where to look.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "shm/base/min_max.hpp"
#include "shm/layout/control_layout.hpp"
#include "shm/layout/stream_layout.hpp"
#include "shm/ring/shared_memory_ops.hpp"

namespace shm::ring {

[[nodiscard]] constexpr bool is_lossless(std::uint32_t word) noexcept { return (word & 1) != 0; }

/// One lossless reader, as it was seen.
struct LosslessReader {
  std::size_t slot;
  std::uint32_t word;  ///< odd
  std::uint64_t acknowledged;
};

/// Calls visit(LosslessReader) for each of them. `slots` are all of the control file's.
template <class Visit>
void each_lossless(const layout::ControlHeader& control, const layout::ReaderSlot* slots, Visit visit) {
  for (std::size_t group = 0; group < control.lossless_slots.size(); ++group) {
    // Acquire: pairs with the release in register_lossless, so that the slot's word is seen.
    std::uint64_t bits = control.lossless_slots[group].load(std::memory_order_acquire);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t slot = group * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      // Acquire: pairs with the release in register_lossless: `acknowledged` is this reader's.
      const std::uint32_t word = slots[slot].lossless.load(std::memory_order_acquire);
      if (!is_lossless(word)) continue;
      // Acquire: pairs with the release in acknowledge: what was read is read, and may be overwritten.
      visit(LosslessReader{slot, word, slots[slot].acknowledged.load(std::memory_order_acquire)});
    }
  }
}

// --- the writer's side ---

class Backpressure {
 public:
  Backpressure() = default;
  /// `released`: items below it are unreadable already.
  Backpressure(layout::LiveState& live, const layout::ControlHeader& control, const layout::ReaderSlot* slots,
               std::uint64_t released) noexcept
      : live_(&live), control_(&control), slots_(slots), granted_(released) {}

  /// Items below it may become unreadable without a further look.
  [[nodiscard]] std::uint64_t granted() const noexcept { return granted_; }

  /// From now on so many more are granted than are asked for, where the readers allow it.
  void grant_ahead(std::uint64_t items) noexcept { ahead_ = items; }

  /// May items below `below` become unreadable? Looks at the readers only if that was not granted before.
  /// REQUIRES: below <= inserted.
  [[nodiscard]] bool allows(std::uint64_t below, std::uint64_t inserted) noexcept {
    if (below <= granted_) return true;
    const std::uint64_t grant = min_of(least_acknowledged(), min_of(below + ahead_, inserted));
    if (grant < below) return false;
    // Relaxed: ordered with the second look by the fence.
    live_->released.store(grant, std::memory_order_relaxed);
    // Pairs with the full fence in register_lossless.
    full_fence();
    const std::uint64_t sure = min_of(grant, least_acknowledged());
    const bool allowed = sure >= below;
    if (allowed) granted_ = sure;
    // Less after all, for the sake of a reader that has come: the next one need not begin so late.
    if (sure != grant) live_->released.store(granted_, std::memory_order_relaxed);
    return allowed;
  }

  /// UINT64_MAX: there is no lossless reader.
  [[nodiscard]] std::uint64_t least_acknowledged() const noexcept {
    std::uint64_t least = UINT64_MAX;
    each_lossless(*control_, slots_,
                  [&](const LosslessReader& reader) { least = min_of(least, reader.acknowledged); });
    return least;
  }

 private:
  layout::LiveState* live_ = nullptr;
  const layout::ControlHeader* control_ = nullptr;
  const layout::ReaderSlot* slots_ = nullptr;
  std::uint64_t granted_ = 0;
  std::uint64_t ahead_ = 0;
};

/// A reader stops to count, if its word still is the odd one that was seen. False: it did so before.
inline bool release_reader(layout::Atomic<std::uint32_t>& word, std::uint32_t seen) noexcept {
  // Relaxed: what the reader held back is its own to have read, or lost.
  return word.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed);
}

// --- the reader's side ---

/// What register_lossless gave.
struct LosslessPlace {
  std::uint32_t word = 0;   ///< odd: this reader's number in its slot
  std::uint64_t begin = 0;  ///< from here on nothing is lost
};

/// Begins to hold the writer back for items from `begin` on, or from where nothing is released yet: then it
/// acknowledged that, and looks whether the writer waits for it, as after acknowledge().
/// REQUIRES: the slot's lock is held, and its word was not left odd by its last reader (release_reader).
[[nodiscard]] inline LosslessPlace register_lossless(const layout::LiveState& live,
                                                     layout::ControlHeader& control, std::size_t number,
                                                     layout::ReaderSlot& slot, std::uint64_t begin) noexcept {
  const std::uint32_t word = slot.lossless.load(std::memory_order_relaxed) + 1;
  slot.acknowledged.store(begin, std::memory_order_relaxed);
  // Release: pairs with the acquire in each_lossless; who sees the word sees `acknowledged`.
  slot.lossless.store(word, std::memory_order_release);
  // Release: pairs with the acquire in each_lossless; who sees the bit sees the word.
  control.lossless_slots[number / 64].fetch_or(std::uint64_t{1} << (number % 64), std::memory_order_release);
  // Pairs with the full fence in Backpressure::allows: it sees us, or we see what it released.
  full_fence();
  const std::uint64_t released = live.released.load(std::memory_order_relaxed);
  if (released <= begin) return {word, begin};
  slot.acknowledged.store(released, std::memory_order_release);
  return {word, released};
}

/// Needs nothing below `index` any more.
inline void acknowledge(layout::ReaderSlot& slot, std::uint64_t index) noexcept {
  // Release: pairs with the acquire in each_lossless; what was read below it was read before.
  slot.acknowledged.store(index, std::memory_order_release);
}

}  // namespace shm::ring
