// SPDX-License-Identifier: Apache-2.0

// How the writer wakes the readers that wait for its items, and no others: the protocol alone, without system
// calls (membarrier and futex are the caller's).
//
// Two words take part. The wake word (LiveState::wake_count) counts wakes; readers sleep on it as a futex. The
// request word (ControlHeader::wake_at) holds the lowest index that a sleeping reader wants.
//
//   writer, after it published:    inserted > wake_at?              WakeRequests::is_pending
//                                  wake_at = 2^64-1, ++wake_count   withdraw_requests; then futex-wake
//
//   reader that wants item i:      seen_wakes = wake_count          load_wake_word
//                                  unless request_stands:
//                                    wake_at = min(wake_at, i)      ask_for_wake
//                                    membarrier                     order_request
//                                    publish the request            announce_request
//                                  load inserted again
//                                  futex-wait while wake_count == seen_wakes
//
// Either the writer sees the request, or the reader sees the item: the membarrier between the request and the
// load of `inserted` stands for the fence that the writer does not have between its store of `inserted` and
// its load of `wake_at`. A request that is withdrawn because of another reader is not lost: the count goes up
// with it, so its reader wakes too.
//
// A membarrier interrupts the writer's processor, so one serves all readers that fall asleep until the next
// wake. A later sleeper with the same seen_wakes finds an earlier request standing, for its own index or a
// lower one. It sees all that the membarrier of the earlier request made visible; and if the request is
// withdrawn, the count goes up.
//
// A lossless writer that is held back sleeps in the same way, with the roles exchanged: the readers look at
// ControlHeader::room_at, and the writer sleeps on room_count (ring/backpressure.hpp).
//
// WakeRequests is for one thread at a time, the waking one; the functions of sleepers are for any number
// of threads and processes. Nothing here throws.
#pragma once

#include <cstdint>

#include "shm/layout/control_layout.hpp"
#include "shm/ring/shared_memory_ops.hpp"

namespace shm::ring {

// --- the side that wakes ---

/// The request word as the waking side looks at it. Copies look at the same word.
class WakeRequests {
 public:
  /// What orders the waking side's store of its counter before its load of the request word.
  enum class Order {
    by_membarrier,  ///< the sleeper's membarrier (order_request): the waking side has no fence
    by_own_fence,   ///< a full fence at each look: where no membarrier reaches this process
  };

  WakeRequests() = default;
  WakeRequests(const layout::Atomic<std::uint64_t>& word, Order order) noexcept
      : word_(&word), first_look_(order == Order::by_membarrier ? &word : &always_asks_) {}

  /// True if a sleeper waits for an index below `counter`, which this side has just stored (`inserted`, or
  /// `acknowledged`). REQUIRES: not default-constructed.
  [[nodiscard]] bool is_pending(std::uint64_t counter) const noexcept {
    // Without a fence: the store of the counter and this load may change places. The sleeper's membarrier
    // (order_request) makes up for that; here only the compiler is held back.
    compiler_fence();
    if (counter <= first_look_->load(std::memory_order_relaxed)) [[likely]] {
      return false;
    }
    return first_look_ == word_ || is_pending_after_fence(counter);
  }

 private:
  [[nodiscard]] bool is_pending_after_fence(std::uint64_t counter) const noexcept {
    // Pairs with the full fence in order_request: one of the two sides sees the other's store.
    full_fence();
    return counter > word_->load(std::memory_order_relaxed);
  }

  /// A request word that always asks, so that the first look costs the same in both orders.
  inline static const layout::Atomic<std::uint64_t> always_asks_{0};

  const layout::Atomic<std::uint64_t>* word_ = nullptr;
  const layout::Atomic<std::uint64_t>* first_look_ = nullptr;
};

/// Before the futex-wake of all sleepers on the wake word.
inline void withdraw_requests(layout::Atomic<std::uint64_t>& wake_at,
                              layout::Atomic<std::uint32_t>& wake_count) noexcept {
  // The request word first, then the count. A sleeper that reads the new count (acquire, load_wake_word)
  // lowers wake_at after this store; a sleeper that read the old count does not fall asleep, or is woken.
  wake_at.store(layout::wake_nobody, std::memory_order_relaxed);
  wake_count.fetch_add(1, std::memory_order_release);
}

// --- the side that sleeps ---

/// The count of wakes so far, `seen_wakes`. The sleep ends, or does not begin, when the wake word is another.
[[nodiscard]] inline std::uint32_t load_wake_word(const layout::Atomic<std::uint32_t>& wake_count) noexcept {
  // Acquire: pairs with the release in withdraw_requests.
  return wake_count.load(std::memory_order_acquire);
}

/// Lowers wake_at to `index`: asks for a wake when that item is inserted.
inline void ask_for_wake(layout::Atomic<std::uint64_t>& wake_at, std::uint64_t index) noexcept {
  std::uint64_t current = wake_at.load(std::memory_order_relaxed);
  // Relaxed: order_request orders it with the load of `inserted` that follows.
  while (index < current && !wake_at.compare_exchange_weak(current, index, std::memory_order_relaxed)) {
  }
}

/// A request as one word for later sleepers: seen_wakes + 1 in the upper half, the lower half of the index in
/// the lower. (0 means that there is no request; one count of wakes in 2^32 gives it too.)
[[nodiscard]] constexpr std::uint64_t standing_request(std::uint32_t seen_wakes,
                                                       std::uint64_t index) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(seen_wakes + 1)} << 32 | static_cast<std::uint32_t>(index);
}

/// Between the request and the load of `inserted` after it. `barrier` makes a membarrier over all processes
/// that registered for it and returns whether that worked. False: the request may go unseen; sleep briefly.
template <class Barrier>
[[nodiscard]] bool order_request(const layout::Atomic<std::uint32_t>& writer_fences,
                                 Barrier barrier) noexcept {
  // Pairs with the full fence in WakeRequests::is_pending_after_fence. Where the writer has none, the
  // membarrier stands for it.
  full_fence();
  return writer_fences.load(std::memory_order_relaxed) != 0 || barrier();
}

/// After the membarrier of order_request: later sleepers need none. `seen_wakes` was loaded (load_wake_word)
/// before the request for `index`; `inserted` is the count of items.
inline void announce_request(layout::Atomic<std::uint64_t>& standing, std::uint32_t seen_wakes,
                             std::uint64_t index, std::uint64_t inserted) noexcept {
  // Half of the word is for the index, which cannot tell an index that is far away.
  constexpr std::uint64_t far_off = std::uint64_t{1} << 30;
  if (index - inserted >= far_off) return;
  // Relaxed: the membarrier before it is a full fence in this thread too, and pairs with the acquire in
  // request_stands.
  standing.store(standing_request(seen_wakes, index), std::memory_order_relaxed);
}

/// True if another reader asked for this index or a lower one while the count of wakes was `seen_wakes`, and
/// a membarrier ordered its request. That request then serves this reader too.
[[nodiscard]] inline bool request_stands(const layout::Atomic<std::uint64_t>& standing,
                                         std::uint32_t seen_wakes, std::uint64_t index) noexcept {
  // Acquire: pairs with the membarrier before the store in announce_request. The load of `inserted` that
  // follows sees all that the other reader's membarrier made visible.
  const std::uint64_t there = standing.load(std::memory_order_acquire);
  const std::uint64_t mine = standing_request(seen_wakes, index);
  const auto behind = static_cast<std::uint32_t>(mine) - static_cast<std::uint32_t>(there);
  return there >> 32 == mine >> 32 && static_cast<std::int32_t>(behind) >= 0;
}

}  // namespace shm::ring
