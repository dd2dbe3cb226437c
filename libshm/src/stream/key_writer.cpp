// SPDX-License-Identifier: Apache-2.0
#include "stream/key_writer.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "ring/bucket_lookup.hpp"
#include "shm/base/error.hpp"
#include "shm/base/number_order.hpp"
#include "shm/base/saturating.hpp"

namespace shm {
namespace {

using layout::RingKind;

AnchorBuilder::Options anchor_options(const StreamOptions& options, const storage::StreamFile& stream) {
  const storage::MappedRing* const ledger = stream.find(RingKind::ledger);
  AnchorBuilder::Options result;
  result.sample_rate = options.sample_rate;
  if (ledger == nullptr || !options.ledger) return result;
  result.fit = options.ledger->fit;
  result.tolerance_ns = options.ledger->tolerance_ns;
  // Half of the anchors for the line to follow the device's clock, the others for gaps.
  result.min_items_between =
      2 * stream.geometry().capacity / std::max<std::uint64_t>(1, ledger->geometry.history) + 1;
  return result;
}

}  // namespace

bool KeyWriter::is_needed(const storage::StreamFile& stream) {
  return stream.find(RingKind::ledger) != nullptr || stream.find(RingKind::buckets) != nullptr ||
         stream.header().timestamp_kind != layout::TimestampKind::none;
}

KeyWriter::KeyWriter(storage::StreamFile& stream, const std::string& name, const StreamOptions& options)
    : name_(name),
      item_bytes_(stream.geometry().item_bytes),
      items_(stream.items()),
      has_records_(stream.has_records()),
      anchor_builder_(anchor_options(options, stream)) {
  const auto writer = [&](const storage::MappedRing& ring) {
    return ring::RingWriter(stream.live_for_writing().counters[ring.place], ring.mapping.data(),
                            ring.geometry);
  };
  const Index next = items_.inserted();
  if (options.timestamp.kind != Timestamp::Kind::none) {
    item_key_.emplace(stream.format(), options.timestamp);
    if (next > items_.oldest()) {
      has_last_ = true;
      item_key_->visit(
          [&](auto number) { last_bits_ = rank_of(item_key_->get<decltype(number)>(items_.at(next - 1))); });
    }
  }
  if (const storage::MappedRing* ledger = stream.find(RingKind::ledger)) {
    ledger_ = writer(*ledger);
    anchors_ = stream.reader(*ledger);
    resume_ledger(next);
  }
  if (const storage::MappedRing* buckets = stream.find(RingKind::buckets)) {
    buckets_ = writer(*buckets);
    quantum_ = buckets->quantum;
    bucket_slots_ = buckets->geometry.capacity;
  }
}

/// Goes on with the newest anchor whose item was published.
void KeyWriter::resume_ledger(Index next) {
  const IndexRange there = anchors_.readable();
  for (std::uint64_t place = there.end; place > there.begin; --place) {
    Anchor anchor;
    if (!anchors_.copy(place - 1, 1, reinterpret_cast<std::byte*>(&anchor))) return;
    if (anchor.index < next) return anchor_builder_.resume(anchor, next);
  }
}

void KeyWriter::before_append(Index first, std::span<const std::byte> items,
                              const std::optional<Stamp>& stamp) {
  if (items.empty()) return;
  if (item_key_) {
    if (stamp) {
      throw InvalidArgument("append to '" + name_ +
                            "': its items carry their own time; a stamp beside it would be another");
    }
    return check_items(first, items);
  }
  if (stamp) return write_stamp(first, items.size() / item_bytes_, *stamp);
  if (ledger_ && !is_stamped_) {
    throw InvalidArgument("append to '" + name_ +
                          "': it has a ledger, and nothing says yet when its items were: a writer's first "
                          "append must be stamped (shm/time/stamp.hpp)");
  }
}

// --- keys in the items ---

void KeyWriter::check_items(Index first, std::span<const std::byte> items) {
  const std::size_t count = items.size() / item_bytes_;
  const auto refuse = [&](std::size_t i, const std::string& why) {
    throw KeyDecreases("append to '" + name_ + "': the time of item " + std::to_string(first + i) + " " +
                       why + "; nothing was appended");
  };
  item_key_->visit([&](auto sample) {
    using Number = decltype(sample);
    std::uint64_t last = last_bits_;
    bool has_last = has_last_;
    for (std::size_t i = 0; i < count; ++i) {
      const auto key = item_key_->get<Number>(items.data() + i * item_bytes_);
      if constexpr (std::is_floating_point_v<Number>) {
        if (!std::isfinite(key)) refuse(i, "is not a finite number");
      }
      const std::uint64_t bits = rank_of(key);
      if (has_last && bits < last) refuse(i, "is less than that of the item before it");
      last = bits;
      has_last = true;
    }
    last_bits_ = last;
    has_last_ = has_last;
    if (!buckets_) return;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t key = storage::key_in_ns(item_key_->get<Number>(items.data() + i * item_bytes_));
      if (key >= next_bucket_key_) fill_buckets(key, first + i);
    }
  });
}

// --- ledger ---

/// Has the ledger room for one more anchor? An anchor is overwritten only when its items are.
bool KeyWriter::has_room(Index end) const {
  const std::uint64_t next = ledger_->inserted();
  const std::uint64_t kept = anchors_.history();
  if (next < kept) return true;
  Anchor oldest;
  const bool is_there = anchors_.copy(next + 1 - kept, 1, reinterpret_cast<std::byte*>(&oldest));
  Index readable = end > items_.capacity() ? end - items_.capacity() : 0;
  if (has_records_) readable = std::max(readable, items_.oldest());  // released with their bytes
  return !is_there || oldest.index <= readable;
}

void KeyWriter::write_stamp(Index first, std::uint64_t count, const Stamp& stamp) {
  if (!ledger_) {
    throw InvalidArgument("append to '" + name_ +
                          "': a stamp has no place in a stream without a ledger (StreamOptions::ledger)");
  }
  const std::int64_t before = first > 0 ? anchor_builder_.due(first - 1).value_or(INT64_MIN) : INT64_MIN;
  const Index index = stamp.of == Stamp::Of::first_item ? first : first + count - 1;
  AnchorBuilder stamped =
      anchor_builder_;  // a writer's first gives an anchor always, which supersedes a dead one's
  std::optional<Anchor> anchor = stamped.stamp(first, index, stamp.key, stamp.is_after_gap, stamp.reason);
  if (anchor) {
    if (anchor->key < before) {
      throw KeyDecreases("append to '" + name_ + "': the stamp puts item " + std::to_string(first) + " at " +
                         std::to_string(anchor->key) + ", before the item that it follows, at " +
                         std::to_string(before) + "; nothing was appended");
    }
    // Not the first append of a writer, which must be stamped: there the oldest items lose their keys.
    if (is_stamped_ && !has_room(first + count)) {
      throw LedgerFull("append to '" + name_ + "': its ledger holds " + std::to_string(anchors_.history()) +
                       " anchors, and the items that the oldest leads to are still readable: declare more "
                       "(StreamOptions::ledger.anchors), or stamp less often; nothing was appended");
    }
    const std::uint64_t place = ledger_->inserted();
    ledger_->append_one<sizeof(Anchor)>(reinterpret_cast<const std::byte*>(&*anchor));
    if (buckets_ && anchor->key >= next_bucket_key_) fill_buckets(anchor->key, place);
  }
  anchor_builder_ = stamped;
  is_stamped_ = true;
}

// --- buckets ---

/// Sets all buckets that begin after the last key, and not after this one, to `place`.
void KeyWriter::fill_buckets(std::int64_t key, std::uint64_t place) {
  const std::int64_t number = floor_divide(key, quantum_);
  constexpr auto most = static_cast<std::int64_t>(layout::bucket_bias) - 2;
  if (number > most || number < -most) return;  // beyond what a ring counts: readers search without
  put_bucket(layout::bucket_bias + static_cast<std::uint64_t>(number) + 1, place);
  next_bucket_key_ = saturating::multiply(number + 1, quantum_);
}

void KeyWriter::put_bucket(std::uint64_t end, std::uint64_t place) {
  std::uint64_t next = buckets_->inserted();
  if (end <= next) return;  // by a writer that died
  if (end - next > bucket_slots_) buckets_->skip_to(next = end - bucket_slots_);
  while (next < end) {
    const std::uint64_t step = std::min(end - next, buckets_->max_claim());
    std::byte* const slots = buckets_->claim(step);
    for (std::uint64_t i = 0; i < step; ++i) ring::store_unit<std::uint64_t>(slots + i * 8, place);
    next = buckets_->publish(step);
  }
}

}  // namespace shm
