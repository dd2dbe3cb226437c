// Copies into and out of memory that another process may be writing at the same time. The ring's checks
// decide afterwards whether what was copied counts; these functions only move bytes.
//
// Under ThreadSanitizer, which does not model stand-alone fences, they move words atomically with release and
// acquire; the counters stored before and loaded after are then ordered by these operations instead of by the
// fences, with the same guarantees. Elsewhere they are memcpy between fences.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_THREAD__)
#define SHM_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SHM_THREAD_SANITIZER 1
#endif
#endif

namespace shm::ring {

#ifdef SHM_THREAD_SANITIZER

namespace detail {
template <class Word>
bool fits(const void* shared, std::size_t bytes) {
  return bytes >= sizeof(Word) && reinterpret_cast<std::uintptr_t>(shared) % sizeof(Word) == 0;
}
}  // namespace detail

inline void store_bytes(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  while (bytes > 0) {
    if (detail::fits<std::uint64_t>(shared, bytes)) {
      std::uint64_t word;
      std::memcpy(&word, from, sizeof word);
      __atomic_store_n(reinterpret_cast<std::uint64_t*>(shared), word, __ATOMIC_RELEASE);
      shared += sizeof word, from += sizeof word, bytes -= sizeof word;
    } else {
      __atomic_store_n(reinterpret_cast<unsigned char*>(shared), static_cast<unsigned char>(*from),
                       __ATOMIC_RELEASE);
      ++shared, ++from, --bytes;
    }
  }
}

inline void load_bytes(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  while (bytes > 0) {
    if (detail::fits<std::uint64_t>(shared, bytes)) {
      const std::uint64_t word =
          __atomic_load_n(reinterpret_cast<const std::uint64_t*>(shared), __ATOMIC_ACQUIRE);
      std::memcpy(to, &word, sizeof word);
      shared += sizeof word, to += sizeof word, bytes -= sizeof word;
    } else {
      *to = static_cast<std::byte>(
          __atomic_load_n(reinterpret_cast<const unsigned char*>(shared), __ATOMIC_ACQUIRE));
      ++shared, ++to, --bytes;
    }
  }
}

inline void release_fence() noexcept {}
inline void acquire_fence() noexcept {}
inline void full_fence() noexcept { __sync_synchronize(); }

#else

inline void store_bytes(std::byte* shared, const std::byte* from, std::size_t bytes) noexcept {
  std::memcpy(shared, from, bytes);
}

inline void load_bytes(std::byte* to, const std::byte* shared, std::size_t bytes) noexcept {
  std::memcpy(to, shared, bytes);
}

/// Orders the counter stored before it with the ring bytes stored after it. Pairs with acquire_fence().
inline void release_fence() noexcept { std::atomic_thread_fence(std::memory_order_release); }

/// Orders the ring bytes loaded before it with the counter loaded after it. Pairs with release_fence().
inline void acquire_fence() noexcept { std::atomic_thread_fence(std::memory_order_acquire); }

/// Orders a store before it with a load after it. Pairs with another full fence, or a membarrier, on the
/// other side.
inline void full_fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

#endif

/// A hint in a loop that polls: lets the sibling thread run and keeps the loop from flooding the memory
/// system.
inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace shm::ring
