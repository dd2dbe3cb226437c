// SPDX-License-Identifier: Apache-2.0

// The elementary operations on memory that another process may write at the same time: loads and stores of one
// unit, and fences. Each is atomic. So the ring's copies have no data race, by the rules of the standard and not
// only in practice.
//
// There are three versions:
//   ordinary              relaxed atomics between fences
//   ThreadSanitizer       it does not model stand-alone fences: units are moved with release and acquire
//                         instead, which gives the same guarantees, and the fences are empty
//   SHM_ATOMICS_HEADER    the operations of a checker (layout/atomic.hpp)
//
// Any thread may call them; nothing here throws.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "shm/layout/atomic.hpp"

#if defined(__SANITIZE_THREAD__)
#define SHM_THREAD_SANITIZER 1
#elif defined(__SANITIZE_ADDRESS__)
#define SHM_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SHM_THREAD_SANITIZER 1
#elif __has_feature(address_sanitizer)
#define SHM_ADDRESS_SANITIZER 1
#endif
#endif

namespace shm::ring {

#ifndef SHM_ATOMICS_HEADER

#ifdef SHM_THREAD_SANITIZER
inline constexpr std::memory_order unit_load_order = std::memory_order_acquire;
inline constexpr std::memory_order unit_store_order = std::memory_order_release;
#else
inline constexpr std::memory_order unit_load_order = std::memory_order_relaxed;
inline constexpr std::memory_order unit_store_order = std::memory_order_relaxed;
#endif

/// REQUIRES: shared is aligned to the unit.
template <class Unit>
[[nodiscard]] inline Unit load_unit(const std::byte* shared) noexcept {
  static_assert(std::atomic_ref<Unit>::is_always_lock_free);
  // atomic_ref takes no const before C++26; a lock-free load does not write, read-only pages are fine.
  auto& unit = *reinterpret_cast<Unit*>(const_cast<std::byte*>(shared));
  return std::atomic_ref<Unit>(unit).load(unit_load_order);
}

/// REQUIRES: shared is aligned to the unit.
template <class Unit>
inline void store_unit(std::byte* shared, Unit value) noexcept {
  std::atomic_ref<Unit>(*reinterpret_cast<Unit*>(shared)).store(value, unit_store_order);
}

// Sixteen bytes at once. C++ has no copy that is atomic for each byte (P1478 proposes one:
// atomic_load_per_byte_memcpy), and copies by words are four times as slow. So this is assembler: to the compiler
// it is no access that could race, and the compiler does not split it, repeat it or move it over a fence. The
// processor makes each byte atomic.
#if !defined(SHM_THREAD_SANITIZER) && defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
#define SHM_HAS_BLOCKS 1

struct Block {
  using Register [[gnu::vector_size(16)]] = char;
  using Memory = std::byte[16];
  Register bytes;
};

[[nodiscard]] inline Block load_block(const std::byte* shared) noexcept {
  Block block;
#if defined(__x86_64__)
  asm volatile("movdqu %1, %0" : "=x"(block.bytes) : "m"(*reinterpret_cast<const Block::Memory*>(shared)));
#else
  asm volatile("ldr %q0, %1" : "=w"(block.bytes) : "m"(*reinterpret_cast<const Block::Memory*>(shared)));
#endif
  return block;
}

inline void store_block(std::byte* shared, Block block) noexcept {
#if defined(__x86_64__)
  asm volatile("movdqu %1, %0" : "=m"(*reinterpret_cast<Block::Memory*>(shared)) : "x"(block.bytes));
#else
  asm volatile("str %q1, %0" : "=m"(*reinterpret_cast<Block::Memory*>(shared)) : "w"(block.bytes));
#endif
}
#endif

#if defined(SHM_HAS_BLOCKS) && defined(__x86_64__) && !defined(SHM_ADDRESS_SANITIZER)
#define SHM_HAS_WIDE_BLOCKS 1

/// Copies whole blocks of 128 bytes into or out of shared memory, with the 32-byte registers of AVX; returns the
/// number of bytes. (Not under AddressSanitizer, which does not check assembler.)
inline std::size_t copy_wide_blocks(std::byte* to, const std::byte* from, std::size_t bytes) noexcept {
  const std::size_t wide = bytes & ~std::size_t{127};
  if (wide == 0 || !__builtin_cpu_supports("avx")) return 0;
  const std::byte* const end = from + wide;
  asm volatile(
      "1:\n\t"
      "vmovdqu (%1), %%ymm0\n\t"
      "vmovdqu 32(%1), %%ymm1\n\t"
      "vmovdqu 64(%1), %%ymm2\n\t"
      "vmovdqu 96(%1), %%ymm3\n\t"
      "vmovdqu %%ymm0, (%0)\n\t"
      "vmovdqu %%ymm1, 32(%0)\n\t"
      "vmovdqu %%ymm2, 64(%0)\n\t"
      "vmovdqu %%ymm3, 96(%0)\n\t"
      "sub $-128, %1\n\t"
      "sub $-128, %0\n\t"
      "cmp %2, %1\n\t"
      "jne 1b\n\t"
      "vzeroupper"
      : "+r"(to), "+r"(from)
      : "r"(end)
      : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3");
  return wide;
}
#endif

#ifdef SHM_THREAD_SANITIZER
inline void release_fence() noexcept {}
inline void acquire_fence() noexcept {}
inline void full_fence() noexcept { __sync_synchronize(); }
#else
/// Orders the counter stored before it with the ring bytes stored after it. Pairs with acquire_fence().
inline void release_fence() noexcept { std::atomic_thread_fence(std::memory_order_release); }

/// Orders the ring bytes loaded before it with the counter loaded after it. Pairs with release_fence().
inline void acquire_fence() noexcept { std::atomic_thread_fence(std::memory_order_acquire); }

/// Orders a store before it with a load after it. Pairs with another full fence, or a membarrier, on the
/// other side.
inline void full_fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }
#endif

/// Stops the compiler alone from reordering. The processor may still reorder; a membarrier on the other side
/// makes up for that.
inline void compiler_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

#endif

/// A hint to the processor in a loop that polls: the sibling thread runs, and the loop does not flood the memory
/// system.
inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace shm::ring
