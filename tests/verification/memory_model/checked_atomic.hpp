// SPDX-License-Identifier: Apache-2.0

// Takes the place of std::atomic and of the ring's elementary operations on memory (SHM_ATOMICS_HEADER, see
// shm/layout/atomic.hpp and shm/ring/shared_memory_ops.hpp). In an exploration the machine does each operation.
// Outside, where tests prepare memory, the operations are plain.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "verification/memory_model/explorer.hpp"

namespace shm::layout {

template <class T>
class Atomic {
  static_assert(sizeof(T) <= sizeof(weak::Value));

 public:
  Atomic() = default;
  Atomic(T value) : value_(value) {}  // as std::atomic: not explicit
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  T operator=(T value) { return value_ = value; }

  [[nodiscard]] T load(std::memory_order order) const {
    weak::Explorer* const run = weak::Explorer::running();
    return run != nullptr ? static_cast<T>(run->load(this, bits(), order)) : value_;
  }
  void store(T value, std::memory_order order) {
    if (weak::Explorer* const run = weak::Explorer::running()) {
      run->store(this, bits(), static_cast<weak::Value>(value), order);
    } else {
      value_ = value;
    }
  }
  T fetch_add(T more, std::memory_order order) {
    return static_cast<T>(weak::Explorer::running()->exchange(
        this, bits(), order, [more](weak::Value before, weak::Value& after) {
          after = static_cast<weak::Value>(static_cast<T>(static_cast<T>(before) + more));
          return true;
        }));
  }
  T fetch_or(T more, std::memory_order order) {
    return static_cast<T>(weak::Explorer::running()->exchange(
        this, bits(), order, [more](weak::Value before, weak::Value& after) {
          after = before | static_cast<weak::Value>(more);
          return true;
        }));
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order order) {
    return compare_exchange_weak(expected, desired, order);  // which never fails without a reason
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order order) {
    const T before = static_cast<T>(weak::Explorer::running()->exchange(
        this, bits(), order, [expected, desired](weak::Value is, weak::Value& after) {
          after = static_cast<weak::Value>(desired);
          return static_cast<T>(is) == expected;
        }));
    const bool done = before == expected;
    expected = before;
    return done;
  }

 private:
  [[nodiscard]] weak::Value bits() const { return static_cast<weak::Value>(value_); }
  T value_{};
};

}  // namespace shm::layout

namespace shm::ring {

template <class Unit>
[[nodiscard]] inline Unit load_unit(const std::byte* shared) noexcept {
  Unit unit;
  std::memcpy(&unit, shared, sizeof unit);
  weak::Explorer* const run = weak::Explorer::running();
  return run != nullptr ? static_cast<Unit>(run->load(shared, unit, std::memory_order_relaxed)) : unit;
}

template <class Unit>
inline void store_unit(std::byte* shared, Unit value) noexcept {
  Unit initial;
  std::memcpy(&initial, shared, sizeof initial);
  if (weak::Explorer* const run = weak::Explorer::running()) {
    run->store(shared, initial, value, std::memory_order_relaxed);
  } else {
    std::memcpy(shared, &value, sizeof value);
  }
}

inline void release_fence() noexcept { weak::Explorer::running()->fence(std::memory_order_release); }
inline void acquire_fence() noexcept { weak::Explorer::running()->fence(std::memory_order_acquire); }
inline void full_fence() noexcept { weak::Explorer::running()->fence(std::memory_order_seq_cst); }
inline void compiler_fence() noexcept {}

}  // namespace shm::ring
