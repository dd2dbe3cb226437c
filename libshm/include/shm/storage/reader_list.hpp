// SPDX-License-Identifier: Apache-2.0

// The readers of a stream, as its writer lists them.
//
//   for (const shm::ReaderInfo& attached : out.readers()) use(attached.name, attached.cursor);
//   std::vector<shm::ReaderInfo> copy = out.readers();
//
// A sequence that never changes; copies share it. (Not a std::vector itself, whose header every program with
// a writer would compile.) Any thread may use one. Nothing here throws, except the conversion to a vector.
#pragma once

#include <concepts>
#include <cstddef>
#include <utility>

#include "shm/base/owned.hpp"
#include "shm/storage/stream_info.hpp"

namespace shm {

class ReaderList {
 public:
  ReaderList() = default;
  /// `keeps`: the owner of the `size` elements from `first` on.
  ReaderList(Shared<const void> keeps, const ReaderInfo* first, std::size_t size) noexcept
      : keeps_(std::move(keeps)), first_(first), size_(size) {}

  [[nodiscard]] const ReaderInfo* begin() const noexcept { return first_; }
  [[nodiscard]] const ReaderInfo* end() const noexcept { return first_ + size_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] const ReaderInfo& operator[](std::size_t i) const noexcept { return first_[i]; }
  [[nodiscard]] const ReaderInfo& front() const noexcept { return *begin(); }
  [[nodiscard]] const ReaderInfo& back() const noexcept { return first_[size_ - 1]; }

  /// As a container of the caller's, such as std::vector<ReaderInfo>.
  template <class Container>
  requires std::constructible_from<Container, const ReaderInfo*, const ReaderInfo*>
  operator Container() const { return Container(begin(), end()); }  // NOLINT: reads as a vector

 private:
  Shared<const void> keeps_;
  const ReaderInfo* first_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shm
