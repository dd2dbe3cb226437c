// How a sleeping reader is woken, and nobody else: the protocol alone. System calls (membarrier, futex) are
// the caller's.
//
//   writer, having published:    inserted > wake_at?              wake_is_asked
//                                wake_at = nobody, ++wake_count   withdraw_requests; then futex-wake
//
//   reader that wants item i:    remember wake_count              listen
//                                wake_at = min(wake_at, i)        ask_for_wake
//                                membarrier                       order_request
//                                look at inserted again
//                                futex-wait for another count than the remembered one
//
// Either the writer sees the request, or the reader sees the item: the membarrier between request and look
// stands for the fence that the writer does not have between publishing and looking. A request that is
// withdrawn for another reader's sake is answered too, since the count goes up with it.
#pragma once

#include <cstdint>

#include "shm/layout/control_layout.hpp"
#include "shm/ring/memory.hpp"

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

/// Between the request and the look at `inserted` after it. `barrier` is a membarrier over all processes that
/// registered for it, and says whether there was one. False: the request may go unseen, sleep a moment only.
template <class Barrier>
[[nodiscard]] bool order_request(const layout::Atomic<std::uint32_t>& writer_fences,
                                 Barrier barrier) noexcept {
  full_fence();
  return writer_fences.load(std::memory_order_relaxed) != 0 || barrier();
}

}  // namespace shm::ring
