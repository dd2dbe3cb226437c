// SPDX-License-Identifier: Apache-2.0

// How a sleeping reader is woken, and nobody else: the protocol alone. System calls (membarrier, futex) are
// the caller's.
//
//   writer, having published:    inserted > wake_at?              wake_is_asked
//                                wake_at = nobody, ++wake_count   withdraw_requests; then futex-wake
//
//   reader that wants item i:    remember wake_count              listen
//                                unless request_stands:
//                                  wake_at = min(wake_at, i)      ask_for_wake
//                                  membarrier                     order_request
//                                  say that it stands             announce_request
//                                look at inserted again
//                                futex-wait for another count than the remembered one
//
// Either the writer sees the request, or the reader sees the item: the membarrier between request and look
// stands for the fence that the writer does not have between publishing and looking. A request that is
// withdrawn for another reader's sake is answered too, since the count goes up with it.
//
// A membarrier interrupts the writer's processor. So one does for all that fall asleep until the next wake: a
// later sleeper with the same remembered count finds the request of an earlier one standing, for its own item
// or one before it. What that one's membarrier brought to light it sees too; and when the request is
// withdrawn the count goes up.
#pragma once

#include <cstdint>

#include "shm/layout/control_layout.hpp"
#include "shm/ring/shared_memory_ops.hpp"

namespace shm::ring {

// --- the writer's side ---

/// Does a reader want to be woken now that `inserted` items are there? Without a fence: the reader's
/// membarrier (order_request) puts right what the processor may turn around, the store of `inserted` and this
/// load.
[[nodiscard]] inline bool wake_is_asked(const layout::Atomic<std::uint64_t>& wake_at,
                                        std::uint64_t inserted) noexcept {
  compiler_fence();
  return inserted > wake_at.load(std::memory_order_relaxed);
}

/// The same for a writer that cannot be reached by a membarrier and says so (LiveState::writer_fences).
[[nodiscard]] inline bool wake_is_asked_after_fence(const layout::Atomic<std::uint64_t>& wake_at,
                                                    std::uint64_t inserted) noexcept {
  // Pairs with the full fence in order_request: one of the two sides sees the other's store.
  full_fence();
  return inserted > wake_at.load(std::memory_order_relaxed);
}

/// Before the futex-wake of all that sleep on wake_count.
inline void withdraw_requests(layout::Atomic<std::uint64_t>& wake_at,
                              layout::Atomic<std::uint32_t>& wake_count) noexcept {
  // First nobody is asked for, then the count: a sleeper that read the new count (acquire, listen) lowers
  // wake_at after this store; one that read the old count does not fall asleep, or is woken.
  wake_at.store(layout::wake_nobody, std::memory_order_relaxed);
  wake_count.fetch_add(1, std::memory_order_release);
}

// --- the reader's side ---

/// What to sleep on: the sleep ends, or does not begin, when wake_count is another.
[[nodiscard]] inline std::uint32_t listen(const layout::Atomic<std::uint32_t>& wake_count) noexcept {
  // Acquire: pairs with the release in withdraw_requests.
  return wake_count.load(std::memory_order_acquire);
}

/// Lowers wake_at to `index`: "wake me when it is inserted".
inline void ask_for_wake(layout::Atomic<std::uint64_t>& wake_at, std::uint64_t index) noexcept {
  std::uint64_t current = wake_at.load(std::memory_order_relaxed);
  // Relaxed: what orders it with the look at `inserted` that follows is order_request.
  while (index < current && !wake_at.compare_exchange_weak(current, index, std::memory_order_relaxed)) {
  }
}

/// How a request is told to later sleepers: the count of wakes that it was made at, plus one, and the lower
/// half of the index. (0 is none, but for one count of wakes in 2^32.)
[[nodiscard]] constexpr std::uint64_t standing_request(std::uint32_t seen_wakes,
                                                       std::uint64_t index) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(seen_wakes + 1)} << 32 | static_cast<std::uint32_t>(index);
}

/// Between the request and the look at `inserted` after it. `barrier` is a membarrier over all processes that
/// registered for it, and says whether there was one. False: the request may go unseen, sleep a moment only.
template <class Barrier>
[[nodiscard]] bool order_request(const layout::Atomic<std::uint32_t>& writer_fences,
                                 Barrier barrier) noexcept {
  full_fence();
  return writer_fences.load(std::memory_order_relaxed) != 0 || barrier();
}

/// After the membarrier of order_request: later sleepers need none. `seen_wakes` is what listen() gave before the
/// request for `index`, `inserted` what is there.
inline void announce_request(layout::Atomic<std::uint64_t>& standing, std::uint32_t seen_wakes,
                             std::uint64_t index, std::uint64_t inserted) noexcept {
  // Half of the word is for the index: of one that is far off it would not tell.
  constexpr std::uint64_t far_off = std::uint64_t{1} << 30;
  if (index - inserted >= far_off) return;
  // Relaxed: the membarrier before it is a full fence in this thread too, and pairs with the acquire in
  // request_stands.
  standing.store(standing_request(seen_wakes, index), std::memory_order_relaxed);
}

/// Did another reader ask for this index or one before it, since the count of wakes is `seen_wakes`, and was that
/// ordered? Then it will be answered for all.
[[nodiscard]] inline bool request_stands(const layout::Atomic<std::uint64_t>& standing,
                                         std::uint32_t seen_wakes, std::uint64_t index) noexcept {
  // Acquire: pairs with the membarrier before the store in announce_request. The look at `inserted` that
  // follows sees all that the other reader's membarrier made visible.
  const std::uint64_t there = standing.load(std::memory_order_acquire);
  const std::uint64_t mine = standing_request(seen_wakes, index);
  const auto behind = static_cast<std::uint32_t>(mine) - static_cast<std::uint32_t>(there);
  return there >> 32 == mine >> 32 && static_cast<std::int32_t>(behind) >= 0;
}

}  // namespace shm::ring
