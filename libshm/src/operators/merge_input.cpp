// SPDX-License-Identifier: Apache-2.0

// An input of a merge: copies items and keys from the ring into a batch of its own.
#include <algorithm>
#include <string>

#include "format/item_key.hpp"
#include "shm/base/error.hpp"
#include "shm/operators/internal/merge_input.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/stream/item_source.hpp"

namespace shm::internal {
namespace {

/// The lowest key. It is a number, so that it compares with itself.
template <class K>
constexpr K lowest = std::numeric_limits<K>::has_infinity ? -std::numeric_limits<K>::infinity()
                                                          : std::numeric_limits<K>::lowest();

template <class K>
class KeysInItems final : public MergeKeys<K> {
 public:
  explicit KeysInItems(const RawReader& reader) : map_(reader), item_bytes_(reader.item_bytes()) {
    key_ = storage::ItemKey(reader.format(), reader.contents().timestamp());
  }
  [[nodiscard]] std::size_t copy(Index, const std::byte* items, std::span<K> to) const override {
    key_.visit([&](auto sample) {
      using Number = decltype(sample);
      for (K& key : to) {
        const auto number = key_.get<Number>(items);
        if constexpr (std::is_same_v<K, double>) {
          key = static_cast<double>(number);
        } else {
          key = storage::key_in_ns(number);
        }
        items += item_bytes_;
      }
    });
    return to.size();
  }
  [[nodiscard]] std::optional<K> key(Index index) const override { return map_.key(index); }

 private:
  KeyInItem<K> map_;
  storage::ItemKey key_;
  std::size_t item_bytes_;
};

}  // namespace

template <class K>
std::unique_ptr<MergeKeys<K>> keys_in_items(const RawReader& reader) {
  return std::make_unique<KeysInItems<K>>(reader);
}
template std::unique_ptr<MergeKeys<std::int64_t>> keys_in_items(const RawReader&);
template std::unique_ptr<MergeKeys<double>> keys_in_items(const RawReader&);

template <class K>
MergeInput<K>::MergeInput(std::shared_ptr<void> keeps, RawReader& reader, std::unique_ptr<MergeKeys<K>> keys,
                          std::optional<Index> end)
    : keeps_(std::move(keeps)),
      reader_(&reader),
      keys_of_(std::move(keys)),
      end_(end),
      capacity_(std::clamp<std::size_t>(most_bytes / reader.item_bytes(), 1, most_items)),
      items_((capacity_ * reader.item_bytes() + sizeof(Line) - 1) / sizeof(Line)),
      keys_(1 + capacity_ + 2, lowest<K>),
      last_(lowest<K>) {}

template <class K>
void MergeInput<K>::start(MergeHead<K>& head) const noexcept {
  head.keys = keys_.data() + 1;
  head.items = items_.front().bytes;
  head.item_bytes = reader_->item_bytes();
  head.look_ahead();
}

/// Drops a batch that was used up. Its last key is kept.
template <class K>
void MergeInput<K>::forget(MergeHead<K>& head) noexcept {
  if (head.count > 0) {
    last_ = head.keys[head.count - 1];
    has_last_ = true;
  }
  put_forward(head, 0);
}

template <class K>
void MergeInput<K>::put_forward(MergeHead<K>& head, std::size_t count) noexcept {
  keys_[0] = last_;
  keys_[count + 1] = keys_[count + 2] = keys_[count];
  head.position = 0;
  head.count = count;
  head.look_ahead();
}

template <class K>
Status MergeInput<K>::lost(IndexRange range) noexcept {
  if (end_) range.end = std::min(range.end, *end_);
  last_lost_ = range;
  lost_items_ += range.size();
  return Status::lost;
}

template <class K>
Status MergeInput<K>::refill(MergeHead<K>& head) {
  forget(head);
  if (has_ended_ || (end_ && reader_->cursor() >= *end_)) {
    end_here();
    return Status::ended;
  }
  const std::size_t item_bytes = reader_->item_bytes();
  std::byte* const items = items_.front().bytes;
  if (reader_->inserted() <= reader_->cursor()) {
    // No call here waits: interrupts are the merge's.
    const Status status = reader_->peek({items, item_bytes});
    if (status == Status::ended) end_here();
    if (status == Status::lost) return lost(reader_->last_lost());
    if (status != Status::ok) return status;
  }
  const std::uint64_t until_end = end_ ? *end_ - reader_->cursor() : capacity_;
  const std::size_t most = std::min<std::uint64_t>(capacity_, until_end);
  const ReadResult read = reader_->read({items, most * item_bytes}, Amount::available, Deadline::now());
  if (read.status == Status::lost) return lost(reader_->last_lost());
  if (read.count == 0) return Status::not_yet;

  std::size_t had = 0;
  try {
    had = copy_keys(read.first, read.count);
  } catch (...) {
    reader_->seek(read.first);  // an exception of the map loses no items
    throw;
  }
  const std::size_t count = in_order(had);
  if (count < read.count) reader_->seek(read.first + count);
  if (count == 0) {
    const K key = std::exchange(keys_[1], last_);
    if (had > 0) throw_decreases(read.first, key);
    return keyless(read.first, read.count);
  }
  head.first = read.first;
  put_forward(head, count);
  silent_since.reset();
  return Status::ok;
}

template <class K>
std::size_t MergeInput<K>::copy_keys(Index first, std::size_t count) {
  return keys_of_->copy(first, items_.front().bytes, std::span(keys_).subspan(1, count));
}

/// The number of keys, from the first on, that do not decrease.
template <class K>
std::size_t MergeInput<K>::in_order(std::size_t count) const noexcept {
  K before = last_;
  bool all = true;
  for (std::size_t i = 0; i < count; ++i) {
    all &= before <= keys_[1 + i];  // false for NaN
    before = keys_[1 + i];
  }
  if (all) return count;
  before = last_;
  for (std::size_t i = 0;; ++i) {
    if (!(before <= keys_[1 + i])) return i;
    before = keys_[1 + i];
  }
}

/// The item at the cursor, the first of `count`, has no key. If the item was overwritten after it was copied,
/// then it is lost. If its anchor was overwritten, then the item is lost to the merge too.
template <class K>
Status MergeInput<K>::keyless(Index first, std::size_t count) {
  if (!reader_->items().intact(first)) {
    const std::size_t item_bytes = reader_->item_bytes();
    const ReadResult again =
        reader_->read({items_.front().bytes, item_bytes}, Amount::available, Deadline::now());
    if (again.status == Status::lost) return lost(reader_->last_lost());
    reader_->seek(first);  // cannot happen: an overwritten item stays overwritten
  }
  Index next = first + 1;
  while (next < first + count && !keys_of_->key(next)) ++next;
  reader_->seek(next);
  return lost({first, next});
}

template <class K>
void MergeInput<K>::throw_decreases(Index index, K key) const {
  throw KeyDecreases("stream '" + reader_->name() + "': the key of item " + std::to_string(index) + ", " +
                     std::to_string(key) + ", is less than that of the item before it, " +
                     std::to_string(last_) + ": its index map is wrong, or the stream is damaged");
}

template class MergeInput<std::int64_t>;
template class MergeInput<std::uint64_t>;
template class MergeInput<double>;

}  // namespace shm::internal
