// SPDX-License-Identifier: Apache-2.0

// The index map of streams whose items carry their own key (StreamOptions::timestamp): a bisection over the
// ring, or over one bucket of it where the stream has buckets.
//
//   auto in = shm::keyed<shm::KeyInItem<>>(shm::Reader<Tick>("market/ticks", shm::Start::oldest()));
//   std::vector<Tick> ticks = in.range(t0, t1);
//
// K is std::int64_t (integers as they are; floating-point keys are taken for seconds, and asked for in
// nanoseconds) or double (the item's number as it is). Keys come out of items that are whole: one that was
// overwritten while it was read does not count. Any number of threads.
#pragma once

#include <cstdint>
#include <optional>

#include "shm/base/export.hpp"
#include "shm/query/index_map.hpp"
#include "shm/stream/item_source.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm {

template <class K = std::int64_t>
class SHM_API KeyInItem {
  static_assert(std::is_same_v<K, std::int64_t> || std::is_same_v<K, double>);

 public:
  using Key = K;

  /// @throws InvalidArgument  the stream's items carry no time.
  explicit KeyInItem(const RawReader& reader);

  [[nodiscard]] Index lower(K key, IndexRange within) const noexcept;
  [[nodiscard]] std::optional<K> key(Index index) const noexcept;

  /// Keys of items [first, first + keys.size()). False: some cannot be had.
  [[nodiscard]] bool copy_keys(Index first, std::span<K> keys) const noexcept;

  /// Does a bucket lead there, instead of a bisection of everything?
  [[nodiscard]] bool has_buckets() const noexcept { return quantum_ > 0; }

 private:
  /// Calls use(keys) with what loads them, for the type that they have.
  template <class Use>
  decltype(auto) visit(Use use) const noexcept;
  template <class Keys>
  [[nodiscard]] Index lower_among(const Keys& keys, K key, IndexRange within) const noexcept;

  ItemSource items_;
  ItemSource buckets_;
  std::int64_t quantum_ = 0;
  std::size_t offset_ = 0;
  char type_ = 'q';
  bool is_unit_ = true;    // a key is loaded at once
  StreamContents stream_;  // keeps the memory mapped
};

extern template class KeyInItem<std::int64_t>;
extern template class KeyInItem<double>;

}  // namespace shm
