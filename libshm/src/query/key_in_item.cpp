// SPDX-License-Identifier: Apache-2.0
#include "shm/query/key_in_item.hpp"

#include "format/item_key.hpp"
#include "query/interpolation_search.hpp"
#include "ring/bucket_lookup.hpp"
#include "shm/base/error.hpp"

namespace shm {
namespace {

/// Loads keys of items by index. A class of its own, so that its members stay in registers.
template <class K, class Number, bool is_unit>
class ItemKeys {
 public:
  ItemKeys(const ItemSource& items, std::size_t offset)
      : first_(items.at(0) + offset),
        mask_(items.capacity() - 1),
        item_bytes_(items.item_bytes()),
        offset_(offset) {}

  [[nodiscard]] K at(Index index) const noexcept {
    const Number number = load(place(index));
    if constexpr (std::is_same_v<K, double>) {
      return static_cast<double>(number);
    } else {
      return storage::key_in_ns(number);
    }
  }
  [[nodiscard]] std::uint64_t in_a_line() const noexcept {
    return item_bytes_ > 32 ? 1 : item_bytes_ > 16 ? 2 : 4;  // or more
  }
  void prefetch(Index index) const noexcept { __builtin_prefetch(place(index)); }

 private:
  [[nodiscard]] const std::byte* place(Index index) const noexcept {
    return first_ + (index & mask_) * item_bytes_;
  }
  [[nodiscard]] Number load(const std::byte* from) const noexcept {
    if constexpr (is_unit) {
      return std::bit_cast<Number>(ring::load_unit<ring::detail::UnitOf<sizeof(Number)>>(from));
    } else {
      return storage::load_key<Number>(from - offset_, offset_, item_bytes_);
    }
  }

  const std::byte* first_;  // key
  std::uint64_t mask_;
  std::uint64_t item_bytes_;
  std::size_t offset_;
};

constexpr Index nowhere = UINT64_MAX;

/// nowhere: the bucket was overwritten, or is wrong. (No std::optional: building one takes as long as the
/// search.)
template <class Keys>
[[gnu::always_inline]] inline Index search_bucket(const ItemSource& buckets, std::int64_t quantum,
                                                  std::int64_t key, IndexRange within,
                                                  const ItemSource& items, const Keys& keys) noexcept {
  const auto hint = bucket_of(buckets, quantum, key, within);
  if (!hint) return nowhere;
  const Index found = search_hint(*hint, key, keys);
  // The result is right if its key is not before `key` and the key before it is, even if the bucket was
  // wrong.
  if (found > within.begin && !(keys.at(found - 1) < key)) return nowhere;
  if (found < within.end && keys.at(found) < key) return nowhere;
  if (!within.empty() && !items.intact(found > within.begin ? found - 1 : found)) return nowhere;
  return found;
}

template <class K, class Keys>
[[gnu::noinline]] Index search(K key, IndexRange within, const ItemSource& items,
                               std::size_t offset) noexcept {
  const Keys keys(items, offset);
  if (within.empty()) return within.begin;
  const Index found = interpolation_search(within, key, keys);
  // If nothing was overwritten meanwhile, then all keys that were read are right.
  if (items.intact(within.begin)) return found;
  // Otherwise bisect among whole items: an overwritten one counts as before the key.
  return bisect(within, [&](Index index) {
    const K there = keys.at(index);
    return items.intact(index) && !(there < key);
  });
}

}  // namespace

template <class K>
KeyInItem<K>::KeyInItem(const RawReader& reader) : items_(reader.items()), stream_(reader.contents()) {
  const Timestamp timestamp = stream_.timestamp();
  if (timestamp.kind == Timestamp::Kind::none) {
    throw InvalidArgument("stream '" + stream_.name() +
                          "': its items carry no time (StreamOptions::timestamp)");
  }
  const storage::ItemKey item_key(stream_.format(), timestamp);
  offset_ = item_key.offset();
  type_ = item_key.type();
  is_unit_ = storage::visit_number(type_, [](auto number) { return sizeof number; }) <=
             ring::unit_of(items_.item_bytes() | offset_);
  if (const std::optional<BucketSource> buckets = stream_.buckets()) {
    buckets_ = buckets->places;
    quantum_ = buckets->quantum;
  }
}

template <class K>
template <class Use>
decltype(auto) KeyInItem<K>::visit(Use use) const noexcept {
  return storage::visit_number(type_, [&](auto sample) {
    using Number = decltype(sample);
    if (is_unit_) return use(ItemKeys<K, Number, true>(items_, offset_));
    return use(ItemKeys<K, Number, false>(items_, offset_));
  });
}

template <class K>
std::optional<K> KeyInItem<K>::key(Index index) const noexcept {
  if (index >= items_.inserted()) return std::nullopt;
  const K key = visit([&](const auto& keys) { return keys.at(index); });
  if (!items_.intact(index)) return std::nullopt;
  return key;
}

template <class K>
bool KeyInItem<K>::copy_keys(Index first, std::span<K> keys) const noexcept {
  if (keys.empty()) return true;
  if (first + keys.size() > items_.inserted()) return false;
  visit([&](const auto& there) {
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = there.at(first + i);
  });
  return items_.intact(first);
}

template <class K>
template <class Keys>
[[gnu::always_inline]] inline Index KeyInItem<K>::lower_among(const Keys& keys, K key,
                                                              IndexRange within) const noexcept {
  if constexpr (std::is_same_v<K, std::int64_t>) {  // buckets are of nanoseconds
    if (quantum_ > 0) {
      const Index found = search_bucket(buckets_, quantum_, key, within, items_, keys);
      if (found != nowhere) [[likely]] {
        return found;
      }
    }
  }
  return search<K, Keys>(key, within, items_, offset_);
}

template <class K>
Index KeyInItem<K>::lower(K key, IndexRange within) const noexcept {
  // The usual type first, without the detour of a lambda.
  if (type_ == 'q' && is_unit_) [[likely]] {
    return lower_among(ItemKeys<K, std::int64_t, true>(items_, offset_), key, within);
  }
  return visit([&](const auto& keys) { return lower_among(keys, key, within); });
}

template class KeyInItem<std::int64_t>;
template class KeyInItem<double>;

}  // namespace shm
