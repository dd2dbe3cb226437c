// SPDX-License-Identifier: Apache-2.0

// Owners of an object whose class may be incomplete at the owner: std::unique_ptr and std::shared_ptr for a
// private part of a public class, without <memory>, whose 10 000 lines every program would compile. They are
// made from such a pointer, in the one source file that has the class.
//
//   class Part;
//   class Whole {
//     shm::Owned<Part> part_;       // alone: moved, not copied
//     shm::Shared<Part> common_;    // counted: copies have the same object
//   };
//
// Two threads may use two Shared of one object; one Owned or Shared is for one thread at a time. Making a
// Shared throws std::bad_alloc, nothing else throws.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace shm {

template <class T>
class Owned {
 public:
  constexpr Owned() noexcept = default;
  constexpr Owned(std::nullptr_t) noexcept {}  // NOLINT: as std::unique_ptr
  /// Takes the object of a std::unique_ptr.
  template <class Unique>
  requires std::convertible_to<typename Unique::pointer, T*> Owned(Unique unique)
  noexcept  // NOLINT: as std::unique_ptr
      : object_(unique.release()), destroy_([](T* object) { delete object; }) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)), destroy_(other.destroy_) {}
  Owned& operator=(Owned&& other) noexcept {
    Owned taken(std::move(other));
    std::swap(object_, taken.object_);
    std::swap(destroy_, taken.destroy_);
    return *this;
  }
  ~Owned() {
    if (object_ != nullptr) destroy_(object_);
  }

  void reset() noexcept { *this = Owned(); }
  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] T& operator*() const noexcept { return *object_; }
  [[nodiscard]] T* operator->() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Owned& a, std::nullptr_t) noexcept { return a.object_ == nullptr; }

 private:
  T* object_ = nullptr;
  void (*destroy_)(T*) = nullptr;  // known where the object was made
};

namespace detail {

/// Counts the Shared of one object, and keeps it.
class Count {
 public:
  Count() = default;
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;
  virtual ~Count() = default;

  // Relaxed: the copied Shared keeps the object alive.
  void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  /// True: that was the last Shared.
  [[nodiscard]] bool take() noexcept {
    // Acquire and release: pairs with itself. The last thread sees all that the others did with the object.
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

 private:
  std::atomic<std::size_t> count_{1};
};

template <class Pointer>
class Kept final : public Count {
 public:
  explicit Kept(Pointer&& pointer) noexcept : pointer_(std::move(pointer)) {}

 private:
  Pointer pointer_;
};

}  // namespace detail

template <class T>
class Shared {
 public:
  constexpr Shared() noexcept = default;
  constexpr Shared(std::nullptr_t) noexcept {}  // NOLINT: as std::shared_ptr
  /// Keeps a std::shared_ptr, or takes the object of a std::unique_ptr. @throws std::bad_alloc.
  template <class Pointer>
  requires std::convertible_to<typename Pointer::element_type*, T*> Shared(
      Pointer pointer)  // NOLINT: as std::shared_ptr
      : object_(pointer.get()) {
    if (object_ != nullptr) count_ = new detail::Kept<Pointer>(std::move(pointer));
  }
  Shared(const Shared& other) noexcept : object_(other.object_), count_(other.count_) { add(); }
  /// The same object as one of a base class, as const, or as void.
  template <class Other>
  requires std::convertible_to<Other*, T*> Shared(const Shared<Other>& other)
  noexcept  // NOLINT: as std::shared_ptr
      : object_(other.object_), count_(other.count_) {
    add();
  }
  Shared(Shared&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), count_(std::exchange(other.count_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(object_, other.object_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Shared() {
    if (count_ != nullptr && count_->take()) delete count_;
  }

  void reset() noexcept { *this = Shared(); }
  [[nodiscard]] T* get() const noexcept { return object_; }
  template <class Object = T>
  [[nodiscard]] Object& operator*() const noexcept {
    return *object_;
  }
  [[nodiscard]] T* operator->() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Shared& a, const Shared& b) noexcept { return a.object_ == b.object_; }

 private:
  template <class>
  friend class Shared;
  void add() noexcept {
    if (count_ != nullptr) count_->add();
  }

  T* object_ = nullptr;
  detail::Count* count_ = nullptr;
};

}  // namespace shm
