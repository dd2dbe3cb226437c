// SPDX-License-Identifier: Apache-2.0

// Back-pressure: how lossless readers hold a writer back. The protocol alone; system calls (membarrier, futex,
// locks) are the caller's.
//
//   writer, before items below x become unreadable:                 Backpressure::allows
//       if x <= granted: allowed, without a look at the readers
//       g = min(acknowledged of all lossless readers, x and some more)
//       released = g                                                for readers that are about to register
//       full fence
//       g = min(g, acknowledged of all lossless readers)            a second look
//       if x <= g: granted = g, allowed; else the writer is held back
//
//   reader that registers to begin at i:                            register_lossless
//       acknowledged = i; its word odd; its bit set
//       full fence
//       begin at max(i, released), and acknowledge that if it is more than i
//
//   reader that needs nothing below i any more:                     acknowledge
//       acknowledged = i  (release)
//       if i > room_at: wake the writer                             WakeRequests (ring/wake.hpp)
//
// One of the two full fences comes first. So either the writer's second look sees the new reader, or the reader
// sees `released` and begins at it. In both cases the items that a registered reader has not acknowledged stay.
//
// A reader is registered while its word is odd. Three parties can make it even: the reader, the writer when
// the reader's lock is gone, and the owner of the stream when evicting the reader. Each does so by a
// compare-exchange from the odd number that it saw; if the slot has another reader by then, its number is
// another. Bits are never cleared: they only select the slots to look at.
//
// Backpressure is for one thread at a time, the writer's. Nothing here throws.
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

/// A snapshot of one lossless reader.
struct LosslessReader {
  std::size_t slot;
  std::uint32_t word;  ///< odd
  std::uint64_t acknowledged;
};

/// Calls visit(LosslessReader) for each registered one. `slots` is the control file's array of slots.
template <class Visit>
void each_lossless(const layout::ControlHeader& control, const layout::ReaderSlot* slots, Visit visit) {
  for (std::size_t group = 0; group < control.lossless_slots.size(); ++group) {
    // Acquire: pairs with the release of the bit in register_lossless, so that the word of its slot is seen.
    std::uint64_t bits = control.lossless_slots[group].load(std::memory_order_acquire);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t slot = group * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      // Acquire: pairs with the release of the word in register_lossless, so that `acknowledged` is this
      // reader's.
      const std::uint32_t word = slots[slot].lossless.load(std::memory_order_acquire);
      if (!is_lossless(word)) continue;
      // Acquire: pairs with the release in acknowledge: the reader's loads of the items below it are done, so
      // these may be overwritten.
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

  /// Items below it may become unreadable without another look at the readers.
  [[nodiscard]] std::uint64_t granted() const noexcept { return granted_; }

  /// Sets how many more items than needed each look grants, where the readers allow it.
  void grant_ahead(std::uint64_t items) noexcept { ahead_ = items; }

  /// True if items below `below` may become unreadable. Looks at the readers only if that was not granted
  /// before. REQUIRES: below <= inserted.
  [[nodiscard]] bool allows(std::uint64_t below, std::uint64_t inserted) noexcept {
    if (below <= granted_) return true;
    const std::uint64_t grant = min_of(least_acknowledged(), min_of(below + ahead_, inserted));
    if (grant < below) return false;
    // Relaxed: the full fence orders it with the second look.
    live_->released.store(grant, std::memory_order_relaxed);
    // Pairs with the full fence in register_lossless: this thread sees the new reader, or that one sees
    // `released`.
    full_fence();
    const std::uint64_t sure = min_of(grant, least_acknowledged());
    const bool allowed = sure >= below;
    if (allowed) granted_ = sure;
    // A new reader made it less: the next reader then need not begin so late. Relaxed: a value that is too
    // high only makes a reader begin later.
    if (sure != grant) live_->released.store(granted_, std::memory_order_relaxed);
    return allowed;
  }

  /// The least index that a lossless reader has acknowledged. UINT64_MAX: there is no lossless reader.
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

/// Unregisters a reader if its word is still the odd number that was seen. False: it no longer is.
inline bool release_reader(layout::Atomic<std::uint32_t>& word, std::uint32_t seen) noexcept {
  // Relaxed: no other memory depends on it. An item that the reader still reads may be overwritten now, and
  // RingReader::intact detects that.
  return word.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed);
}

// --- the reader's side ---

/// The result of register_lossless.
struct LosslessPlace {
  std::uint32_t word = 0;   ///< odd: this reader's number in its slot
  std::uint64_t begin = 0;  ///< from here on nothing is lost
};

/// Registers a reader for items from `begin` on, or from the first item that is not released if that is later.
/// In the second case the reader has acknowledged more than `begin`: the caller checks whether the writer waits
/// for that, as after acknowledge().
/// REQUIRES: the slot's lock is held, and its word was not left odd by its last reader (release_reader).
[[nodiscard]] inline LosslessPlace register_lossless(const layout::LiveState& live,
                                                     layout::ControlHeader& control, std::size_t number,
                                                     layout::ReaderSlot& slot, std::uint64_t begin) noexcept {
  // Relaxed: the slot's lock makes this reader the only one that stores an odd number.
  const std::uint32_t word = slot.lossless.load(std::memory_order_relaxed) + 1;
  // Relaxed: the release store of the word comes after it.
  slot.acknowledged.store(begin, std::memory_order_relaxed);
  // Release: pairs with the acquire in each_lossless. A writer that sees the word sees `acknowledged`.
  slot.lossless.store(word, std::memory_order_release);
  // Release: pairs with the acquire in each_lossless. A writer that sees the bit sees the word.
  control.lossless_slots[number / 64].fetch_or(std::uint64_t{1} << (number % 64), std::memory_order_release);
  // Pairs with the full fence in Backpressure::allows: the writer sees this reader, or this load sees what the
  // writer released.
  full_fence();
  const std::uint64_t released = live.released.load(std::memory_order_relaxed);
  if (released <= begin) return {word, begin};
  // Release: pairs with the acquire in each_lossless, as in acknowledge().
  slot.acknowledged.store(released, std::memory_order_release);
  return {word, released};
}

/// Releases items below `index`: this reader needs them no more.
inline void acknowledge(layout::ReaderSlot& slot, std::uint64_t index) noexcept {
  // Release: pairs with the acquire in each_lossless. The loads of the items below it come before.
  slot.acknowledged.store(index, std::memory_order_release);
}

}  // namespace shm::ring
