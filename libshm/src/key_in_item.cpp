#include "shm/key_in_item.hpp"

#include "bucket_search.hpp"
#include "segment/attached_stream.hpp"
#include "segment/item_key.hpp"
#include "shm/error.hpp"

namespace shm {

template <class K>
KeyInItem<K>::KeyInItem(const RawReader& reader) : items_(reader.ring()), stream_(reader.stream()) {
  const segment::StreamFile& file = stream_->stream();
  const layout::StreamHeader& header = file.header();
  if (header.timestamp_kind == Timestamp::Kind::none) {
    throw InvalidArgument("stream '" + stream_->paths().name +
                          "': its items carry no time (StreamOptions::timestamp)");
  }
  const segment::ItemKey item_key(file.format(), file.timestamp());
  offset_ = item_key.offset();
  type_ = item_key.type();
  if (const segment::MappedRing* buckets = file.find(layout::RingKind::buckets)) {
    buckets_ = file.reader(*buckets);
    quantum_ = buckets->quantum;
  }
}

template <class K>
template <class Number>
K KeyInItem<K>::load(Index index) const noexcept {
  const auto number = segment::load_key<Number>(items_.at(index), offset_, items_.item_bytes());
  if constexpr (std::is_same_v<K, double>) {
    return static_cast<double>(number);
  } else {
    return segment::key_in_ns(number);
  }
}

template <class K>
std::optional<K> KeyInItem<K>::key(Index index) const noexcept {
  if (index >= items_.inserted()) return std::nullopt;
  const K key = segment::visit_number(type_, [&](auto sample) { return load<decltype(sample)>(index); });
  return items_.intact(index) ? std::optional<K>(key) : std::nullopt;
}

template <class K>
bool KeyInItem<K>::copy_keys(Index first, std::span<K> keys) const noexcept {
  if (keys.empty()) return true;
  if (first + keys.size() > items_.inserted()) return false;
  segment::visit_number(type_, [&](auto sample) {
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = load<decltype(sample)>(first + i);
  });
  return items_.intact(first);
}

template <class K>
template <class Number>
Index KeyInItem<K>::search(K key, IndexRange within) const noexcept {
  const Index found = bisect(within, [&](Index index) { return !(load<Number>(index) < key); });
  // Nothing of it was overwritten meanwhile? Then all that was read is what the stream had there.
  if (within.empty() || items_.intact(within.begin)) return found;
  // What is gone is before whatever is asked for: item by item, those that are whole count.
  return bisect(within, [&](Index index) {
    const K there = load<Number>(index);
    return items_.intact(index) && !(there < key);
  });
}

template <class K>
template <class Number>
std::optional<Index> KeyInItem<K>::search_bucket(K key, IndexRange within) const noexcept {
  if constexpr (std::is_same_v<K, double>) {
    return std::nullopt;  // buckets are of nanoseconds
  } else {
    const auto hint = bucket_of(buckets_, quantum_, key, within);
    if (!hint) return std::nullopt;
    const Index found = bisect(*hint, [&](Index index) { return !(load<Number>(index) < key); });
    // Right, if the one before it is before the key and it is not; whatever led here.
    if (found > within.begin && !(load<Number>(found - 1) < key)) return std::nullopt;
    if (found < within.end && load<Number>(found) < key) return std::nullopt;
    if (!within.empty() && !items_.intact(found > within.begin ? found - 1 : found)) return std::nullopt;
    return found;
  }
}

template <class K>
Index KeyInItem<K>::lower(K key, IndexRange within) const noexcept {
  return segment::visit_number(type_, [&](auto sample) {
    using Number = decltype(sample);
    if (quantum_ > 0) {
      if (const std::optional<Index> found = search_bucket<Number>(key, within)) return *found;
    }
    return search<Number>(key, within);
  });
}

template class KeyInItem<std::int64_t>;
template class KeyInItem<double>;

}  // namespace shm
