// SPDX-License-Identifier: Apache-2.0
#include "storage/migration.hpp"

#include <algorithm>
#include <cstring>

#include "format/item_key.hpp"
#include "shm/layout/record_entry.hpp"
#include "shm/ring/record_ring.hpp"
#include "shm/ring/ring_writer.hpp"

namespace shm::storage {
namespace {

/// Returns the anchors of items from `first` on, newest first, at most `most`. Of several anchors for one index, it
/// returns the last.
std::vector<Anchor> anchors_back_to(const StreamFile& from, Index first, std::uint64_t most) {
  std::vector<Anchor> anchors;
  const MappedRing* const ledger = from.find(layout::RingKind::ledger);
  if (ledger == nullptr || first == from.items().inserted()) return anchors;
  const ring::RingReader ring = from.reader(*ledger);
  const IndexRange there = ring.readable();
  Index above = from.items().inserted();
  // Superseded anchors are few: one for each writer that died. (A damaged ledger may be full of them.)
  constexpr std::uint64_t most_superseded = 65536;
  const Index oldest =
      there.begin + (there.size() > most + most_superseded ? there.size() - most - most_superseded : 0);
  for (std::uint64_t place = there.end; place > oldest && anchors.size() < most; --place) {
    Anchor anchor;
    std::memcpy(&anchor, ring.at(place - 1), sizeof anchor);
    if (anchor.index >= above) continue;  // its items were never published, or it is superseded
    anchors.push_back(anchor);
    above = anchor.index;
    if (anchor.index <= first) break;
  }
  return anchors;
}

/// Returns the first item, not before `first`, after which keys do not decrease.
Index first_in_order(const StreamFile& from, const StreamPlan& plan, Index first) {
  const ItemKey item_key(plan.format, plan.options.timestamp);
  const ring::RingReader items = from.items();
  return item_key.visit([&](auto sample) {
    using Number = decltype(sample);
    Index index = items.inserted();
    if (index == first) return first;
    auto above = item_key.get<Number>(items.at(index - 1));
    if (!(above == above)) return index;  // not a number
    for (--index; index > first; --index) {
      const auto key = item_key.get<Number>(items.at(index - 1));
      if (!(key <= above)) break;
      above = key;
    }
    return index;
  });
}

RecordEntry entry_at(const StreamFile& from, Index index) {
  RecordEntry entry;
  std::memcpy(&entry, from.items().at(index), sizeof entry);
  return entry;
}

/// Returns the first record, not before `first`, that has room in the plan together with all records after it.
Index first_with_room(const StreamFile& from, const StreamPlan& plan, Index first) {
  const ring::RingReader bytes = from.reader(*from.find(layout::RingKind::bytes));
  const std::uint64_t inserted = bytes.inserted();
  Index index = from.items().inserted();
  // A writer puts records back to back. An entry that breaks this is damaged, and ends the search.
  for (std::uint64_t below = inserted; index > first; --index) {
    const RecordEntry entry = entry_at(from, index - 1);
    if (!ring::leads_to_bytes(entry, bytes) || entry.begin > below || entry.bytes > below - entry.begin ||
        entry.bytes > plan.options.records->max_record_bytes ||
        inserted - entry.begin > plan.bytes->history) {
      break;
    }
    below = entry.begin;
  }
  return index;
}

}  // namespace

Migration::Migration(const StreamFile& from, const StreamPlan& plan) {
  const ring::RingReader ring = from.items();
  const Index end = ring.inserted();
  Index first = end - std::min(ring.readable().size(), plan.geometry.history);
  if (plan.bytes) first = first_with_room(from, plan, first);
  if (plan.ledger) {
    anchors = anchors_back_to(from, first, plan.ledger->history);
    std::reverse(anchors.begin(), anchors.end());
    first = anchors.empty() ? end : std::max(first, anchors.front().index);
  }
  if (plan.options.timestamp.kind != Timestamp::Kind::none) first = first_in_order(from, plan, first);
  items = end - first;
  if (!plan.bytes) return;
  bytes.end = from.reader(*from.find(layout::RingKind::bytes)).inserted();
  bytes.begin = items > 0 ? entry_at(from, first).begin : bytes.end;
}

void Migration::write(const StreamFile& from, StreamFile& to) const {
  const ring::RingReader old = from.items();
  const std::uint64_t inserted = old.inserted();
  const std::uint64_t item_bytes = to.geometry().item_bytes;
  const std::uint64_t first = inserted - items;
  std::memcpy(to.data() + (first & to.geometry().mask()) * item_bytes, old.at(first), items * item_bytes);
  layout::LiveState& live = to.live_for_writing();
  layout::RingCounters& counters = live.counters[0];
  counters.reserved.store(inserted, std::memory_order_relaxed);
  if (items > 0 && item_bytes <= layout::newest_bytes) {
    std::memcpy(counters.line.newest.data(), old.at(inserted - 1), item_bytes);
    counters.line.guard.store(inserted, std::memory_order_relaxed);
  }
  counters.line.inserted.store(inserted, std::memory_order_release);
  write_anchors(to);
  write_bytes(from, to);
}

void Migration::write_anchors(StreamFile& to) const {
  const MappedRing* const ledger = to.find(layout::RingKind::ledger);
  if (ledger == nullptr) return;
  ring::RingWriter out(to.live_for_writing().counters[ledger->place], ledger->mapping.data(),
                       ledger->geometry);
  for (const Anchor& anchor : anchors) {
    out.append_one<sizeof(Anchor)>(reinterpret_cast<const std::byte*>(&anchor));
  }
}

void Migration::write_bytes(const StreamFile& from, StreamFile& to) const {
  const MappedRing* const ring = to.find(layout::RingKind::bytes);
  if (ring == nullptr) return;
  const ring::RingReader old = from.reader(*from.find(layout::RingKind::bytes));
  std::memcpy(ring->mapping.data() + (bytes.begin & ring->geometry.mask()), old.at(bytes.begin),
              bytes.size());
  layout::RingCounters& counters = to.live_for_writing().counters[ring->place];
  counters.reserved.store(bytes.end, std::memory_order_relaxed);
  counters.line.inserted.store(bytes.end, std::memory_order_release);
}

}  // namespace shm::storage
