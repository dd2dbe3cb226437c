// SPDX-License-Identifier: Apache-2.0

// The index map of streams whose items carry their own key (StreamOptions::timestamp).
//
//   auto in = shm::keyed<shm::KeyInItem<>>(shm::Reader<Tick>("market/ticks", shm::Start::oldest()));
//   std::vector<Tick> ticks = in.range(t0, t1);
//
// K is std::int64_t or double. With std::int64_t, integer keys are taken as they are, and floating-point keys
// as seconds, which become nanoseconds. With double, any number is taken as it is. Only keys of whole items
// count: if an item was overwritten while its key was read, then it has none.
//
// A key is found by an interpolation search of the ring, or in one bucket if the stream has buckets.
//
// Threads: any number. The constructor throws; nothing else does.
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

  /// @throws InvalidArgument  the items of the stream carry no key.
  explicit KeyInItem(const RawReader& reader);

  [[nodiscard]] Index lower(K key, IndexRange within) const noexcept;
  [[nodiscard]] std::optional<K> key(Index index) const noexcept;

  /// Stores the keys of items [first, first + keys.size()). False: some are not there, or were overwritten.
  [[nodiscard]] bool copy_keys(Index first, std::span<K> keys) const noexcept;

  /// Whether the stream has buckets.
  [[nodiscard]] bool has_buckets() const noexcept { return quantum_ > 0; }

 private:
  /// Calls use(keys) with an object that loads keys of the stream's type.
  template <class Use>
  decltype(auto) visit(Use use) const noexcept;
  template <class Keys>
  [[nodiscard]] Index lower_among(const Keys& keys, K key, IndexRange within) const noexcept;

  ItemSource items_;
  ItemSource buckets_;
  std::int64_t quantum_ = 0;
  std::size_t offset_ = 0;
  char type_ = 'q';
  bool is_unit_ = true;    // a key is loaded with one instruction
  StreamContents stream_;  // keeps the memory mapped
};

extern template class KeyInItem<std::int64_t>;
extern template class KeyInItem<double>;

}  // namespace shm
