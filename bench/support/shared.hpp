// SPDX-License-Identifier: Apache-2.0

// Memory that is shared with the processes forked after it was made.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

namespace shm::bench {

/// Zeroed pages of shared memory (of the kind that a stream's ring is: small pages of tmpfs), already mapped.
class SharedPages {
 public:
  /// @throws std::system_error
  explicit SharedPages(std::size_t bytes);
  ~SharedPages();
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;

  [[nodiscard]] std::byte* data() const noexcept { return static_cast<std::byte*>(address_); }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_; }

 private:
  std::size_t bytes_;
  void* address_;
};

/// The same pages at two addresses, once to be written and once to be read only.
class TwiceMapped {
 public:
  /// @throws std::system_error
  explicit TwiceMapped(std::size_t bytes);
  ~TwiceMapped();
  TwiceMapped(const TwiceMapped&) = delete;
  TwiceMapped& operator=(const TwiceMapped&) = delete;

  [[nodiscard]] std::byte* writable() const noexcept { return static_cast<std::byte*>(writable_); }
  [[nodiscard]] const std::byte* read_only() const noexcept {
    return static_cast<const std::byte*>(read_only_);
  }

 private:
  std::size_t bytes_;
  void* writable_ = nullptr;
  void* read_only_ = nullptr;
};

/// One T in shared memory.
template <class T>
class Shared {
  static_assert(std::is_trivially_destructible_v<T>, "the pages just go away");

 public:
  Shared() : pages_(sizeof(T)), object_(new (pages_.data()) T{}) {}
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }

 private:
  SharedPages pages_;
  T* object_;
};

}  // namespace shm::bench
