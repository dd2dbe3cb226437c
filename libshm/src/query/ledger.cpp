// SPDX-License-Identifier: Apache-2.0
#include "shm/query/ledger.hpp"

#include <algorithm>
#include <bit>

#include "query/interpolation_search.hpp"
#include "ring/bucket_lookup.hpp"
#include "shm/base/error.hpp"

namespace shm {
namespace {

/// The last place whose anchor has the same index. Usually one look; otherwise a search, since in a damaged
/// ledger all anchors may have the same index.
template <class IndexAt>
std::uint64_t last_of_its_index(IndexAt index_at, std::uint64_t place, std::uint64_t end) noexcept {
  const Index index = index_at(place);
  if (place + 1 >= end || index_at(place + 1) != index) return place;
  return bisect({place + 1, end}, [&](std::uint64_t at) { return index_at(at) != index; }) - 1;
}

/// Loads one number of an anchor by place: its index, its key, or its slope.
template <class Number, std::size_t offset>
class AnchorNumbers {
 public:
  explicit AnchorNumbers(const ItemSource& anchors)
      : first_(anchors.at(0) + offset), mask_(anchors.capacity() - 1) {}
  [[nodiscard]] Number at(std::uint64_t place) const noexcept {
    return std::bit_cast<Number>(ring::load_unit<std::uint64_t>(where(place)));
  }
  [[nodiscard]] std::uint64_t in_a_line() const noexcept { return 64 / sizeof(Anchor); }
  void prefetch(std::uint64_t place) const noexcept { __builtin_prefetch(where(place)); }

 private:
  [[nodiscard]] const std::byte* where(std::uint64_t place) const noexcept {
    return first_ + (place & mask_) * sizeof(Anchor);
  }
  const std::byte* first_;
  std::uint64_t mask_;
};
using AnchorIndices = AnchorNumbers<Index, offsetof(Anchor, index)>;
using AnchorKeys = AnchorNumbers<std::int64_t, offsetof(Anchor, key)>;
using AnchorSlopes = AnchorNumbers<double, offsetof(Anchor, key_per_item)>;

/// Whether this is certainly the first place at or after the key, and it and the anchor before it are in
/// force.
[[gnu::always_inline]] inline bool is_first_place(std::uint64_t place, std::int64_t key, IndexRange there,
                                                  const AnchorKeys& keys,
                                                  const AnchorIndices& indices) noexcept {
  const bool has_this = place < there.end;
  if (has_this && keys.at(place) < key) return false;
  if (has_this && place + 1 < there.end && indices.at(place) == indices.at(place + 1)) return false;
  if (place == there.begin) return true;
  return keys.at(place - 1) < key && (!has_this || indices.at(place - 1) != indices.at(place));
}

}  // namespace

Ledger::Ledger(const RawReader& reader) : items_(reader.items()), stream_(reader.contents()) {
  const std::optional<ItemSource> ledger = stream_.ledger();
  if (!ledger) {
    throw InvalidArgument("stream '" + stream_.name() + "' has no ledger (StreamOptions::ledger)");
  }
  anchors_ = *ledger;
  if (const std::optional<BucketSource> buckets = stream_.buckets()) {
    buckets_ = buckets->places;
    quantum_ = buckets->quantum;
  }
}

Anchor Ledger::load(std::uint64_t place) const noexcept {
  Anchor anchor;
  ring::load_item<sizeof(Anchor)>(reinterpret_cast<std::byte*>(&anchor), anchors_.at(place));
  return anchor;
}

/// The anchor in force for the index of this one. A writer that died before it published its items left an
/// anchor; the next writer's anchor then has the same index, and is in force.
Anchor Ledger::effective(std::uint64_t place, std::uint64_t end) const noexcept {
  return load(last_of_its_index([this](std::uint64_t at) { return load(at).index; }, place, end));
}

/// Places of the anchors of items below `end`. REQUIRES: `end` items were published, so that their anchors
/// were too.
IndexRange Ledger::places(Index end) const noexcept {
  IndexRange there = anchors_.readable();
  const AnchorIndices indices(anchors_);
  if (there.empty() || indices.at(there.end - 1) < end) return there;
  const std::uint64_t found = interpolation_search(there, end, indices);
  // An anchor that was overwritten meanwhile has an index behind the end. A bisection goes wrong only at
  // places that it loads, and the oldest of them is loaded last.
  there.end = anchors_.intact(there.begin)
                  ? found
                  : bisect(there, [&](std::uint64_t place) { return indices.at(place) >= end; });
  return there;
}

std::optional<Anchor> Ledger::line(Index index) const noexcept {
  if (index >= items_.inserted()) return std::nullopt;
  const IndexRange there = places(index + 1);
  if (there.empty()) return std::nullopt;
  const std::uint64_t place = there.end - 1;  // the last of its index, which is in force
  const Anchor anchor = load(place);
  // Anchors that were overwritten meanwhile can have led the search to an older anchor only.
  if (!anchors_.intact(place) || anchor.index > index) return std::nullopt;
  return anchor;
}

std::optional<std::int64_t> Ledger::key(Index index) const noexcept {
  const std::optional<Anchor> anchor = line(index);
  return anchor ? std::optional<Key>(anchor->key_at(index)) : std::nullopt;
}

std::optional<double> Ledger::rate(Index index) const noexcept {
  const std::optional<Anchor> anchor = line(index);
  if (!anchor) return std::nullopt;
  return anchor->key_per_item > 0 ? 1e9 / anchor->key_per_item : 0;
}

std::optional<double> Ledger::uncertainty(Index index) const noexcept {
  const std::optional<Anchor> anchor = line(index);
  return anchor ? std::optional<double>(anchor->uncertainty) : std::nullopt;
}

/// The first place whose anchor is at or after the key.
std::uint64_t Ledger::first_place(Key key, IndexRange there) const noexcept {
  // Searches all anchors by their keys. The keys of anchors in force never decrease. The key of a superseded
  // anchor may be larger than that of the anchor in force at its index, but not than that of any later one in
  // force: the search can go wrong no further than to the superseded anchor itself, which is_first_place()
  // detects.
  const AnchorKeys keys(anchors_);
  const AnchorIndices indices(anchors_);
  if (quantum_ > 0) {
    if (const auto hint = bucket_of(buckets_, quantum_, key, there)) {
      const std::uint64_t found = search_hint(*hint, key, keys);
      if (is_first_place(found, key, there, keys, indices)) return found;
    }
  }
  if (!there.empty()) {
    const std::uint64_t found = interpolation_search(there, key, keys);
    if (is_first_place(found, key, there, keys, indices)) return found;
  }
  return bisect(there, [&](std::uint64_t place) { return !(effective(place, there.end).key < key); });
}

Index Ledger::lower(Key key, IndexRange within) const noexcept {
  if (within.empty()) return within.begin;
  for (;;) {
    const IndexRange there = places(within.end);
    if (there.empty()) return within.end;
    const std::uint64_t place = first_place(key, there);
    Index index = place < there.end ? AnchorIndices(anchors_).at(place) : within.end;
    // The line before it may reach the key earlier; a line without a slope never does.
    if (place > there.begin && AnchorSlopes(anchors_).at(place - 1) > 0) {
      index = std::min(index, load(place - 1).first_at_or_after(key));
    }
    // If anchors were overwritten meanwhile, then search again among those that are left. (The loop ends:
    // once the writer has gone around the ledger, no anchor below within.end is left.)
    if (anchors_.intact(there.begin)) {
      return std::clamp(index, within.begin, within.end);
    }
  }
}

bool Ledger::copy_keys(Index first, std::span<Key> keys) const noexcept {
  if (keys.empty()) return true;
  const Index inserted = items_.inserted();
  if (keys.size() > inserted || first > inserted - keys.size()) return false;
  const IndexRange there = places(first + keys.size());
  if (there.empty()) return false;
  std::uint64_t place = bisect(there, [&](std::uint64_t at) { return load(at).index > first; });
  if (place == there.begin) return false;
  Anchor anchor = load(--place);
  const std::uint64_t oldest = place;
  Index next = place + 1 < there.end ? load(place + 1).index : UINT64_MAX;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (first + i >= next) {
      const auto is_later = [&](std::uint64_t at) { return load(at).index > first + i; };
      if (++place + 1 < there.end && !is_later(place + 1))
        place = bisect({place + 1, there.end}, is_later) - 1;
      anchor = load(place);
      next = place + 1 < there.end ? load(place + 1).index : UINT64_MAX;
    }
    keys[i] = anchor.key_at(first + i);
  }
  return anchors_.intact(oldest);
}

std::vector<KeyGap> Ledger::gaps(Key begin, Key end, IndexRange within) const {
  for (;;) {
    const IndexRange there = within.empty() ? IndexRange{} : places(within.end);
    if (there.empty()) return {};
    std::vector<KeyGap> gaps = gaps_among(there, begin, end, within);
    if (anchors_.intact(there.begin)) return gaps;  // otherwise search again, as in lower()
  }
}

std::vector<KeyGap> Ledger::gaps_among(IndexRange there, Key begin, Key end, IndexRange within) const {
  std::vector<KeyGap> gaps;
  const auto index_at = [this](std::uint64_t place) { return load(place).index; };
  std::uint64_t place =
      std::max(first_place(begin, there), last_of_its_index(index_at, there.begin, there.end) + 1);
  Anchor before = load(place - 1);
  for (; place < there.end; ++place) {
    place = last_of_its_index(index_at, place, there.end);
    const Anchor anchor = load(place);
    const Key last = before.key_at(anchor.index - 1);
    if (last >= end) break;
    constexpr double most = 9.2e18;  // the step of a damaged anchor may not fit into 64 bits
    const auto step = static_cast<Key>(std::min(most, std::max(1.0, before.key_per_item)));
    Key gap_begin = 0;
    if (__builtin_add_overflow(last, step, &gap_begin)) break;
    if (anchor.is_start() && anchor.index > within.begin && gap_begin < anchor.key && gap_begin < end &&
        anchor.key > begin) {
      gaps.push_back({gap_begin, anchor.key, anchor.index, anchor.reason()});
    }
    before = anchor;
  }
  return gaps;
}

}  // namespace shm
