// SPDX-License-Identifier: Apache-2.0

// A view of items in place, without a copy. Its bytes may be overwritten at any time: read them, then check.
//
//   const shm::RawView view = reader.raw().view({-100, {}});          // the newest 100 items
//   for (std::uint64_t i = 0; i < view.size(); ++i) use(view.at(i));
//   view.check();                                                     // OverlapsPast: overwritten meanwhile
//
// Valid as long as the reader that made it lives and is not moved. Any number of threads. Only check() throws
// (OverlapsPast).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shm/base/export.hpp"
#include "shm/base/index_range.hpp"
#include "shm/stream/item_source.hpp"

namespace shm {

/// A slice whose ends are known: begin <= end, step >= 1.
struct ResolvedSlice {
  Index begin = 0;
  Index end = 0;
  std::uint64_t step = 1;
  [[nodiscard]] std::uint64_t count() const noexcept { return (end - begin + step - 1) / step; }
};

class SHM_API RawView {
 public:
  /// `items` must outlive the view.
  RawView(const ItemSource& items, ResolvedSlice slice) : items_(&items), slice_(slice) {}

  [[nodiscard]] ResolvedSlice slice() const noexcept { return slice_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return slice_.count(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Item i of the slice. REQUIRES: i < size().
  [[nodiscard]] const std::byte* at(std::uint64_t i) const noexcept {
    return items_->at(slice_.begin + i * slice_.step);
  }
  /// All bytes from the first item to the last, without gaps in between only if the step is 1.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {items_->at(slice_.begin), (slice_.end - slice_.begin) * items_->item_bytes()};
  }
  /// True if all items that were read through the view so far were the stream's.
  [[nodiscard]] bool intact() const noexcept { return empty() || items_->intact(slice_.begin); }
  /// @throws OverlapsPast  if not intact().
  void check() const;

 private:
  const ItemSource* items_;
  ResolvedSlice slice_;
};

}  // namespace shm
