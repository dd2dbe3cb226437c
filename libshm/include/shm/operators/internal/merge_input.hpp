// SPDX-License-Identifier: Apache-2.0

// One input of a merge: the reader of a stream, its keys, and the batch that was copied out of the ring.
// Internal to the library. One thread at a time; what is thrown is at each function.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/base/deadline.hpp"
#include "shm/base/export.hpp"
#include "shm/base/number_order.hpp"
#include "shm/operators/internal/loser_tree.hpp"
#include "shm/query/index_map.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::internal {

/// What a merge requires of an index map. It is less than IndexMap, so that functions with captures fulfil
/// it.
template <class M>
concept HasKeys = std::move_constructible<M> && requires(const M& map, Index index) {
  { map.key(index) } -> std::convertible_to<std::optional<typename M::Key>>;
};

/// An index map of any type, behind one virtual call for each batch.
template <class K>
class SHM_API MergeKeys {
 public:
  virtual ~MergeKeys() = default;
  /// Stores the keys of the items from `first` on, of which `items` are copies, up to the first item without
  /// a key. Returns how many.
  [[nodiscard]] virtual std::size_t copy(Index first, const std::byte* items, std::span<K> to) const = 0;
  [[nodiscard]] virtual std::optional<K> key(Index index) const = 0;
};

template <class K, HasKeys Map>
class MergeKeysOf final : public MergeKeys<K> {
 public:
  explicit MergeKeysOf(Map map) : map_(std::move(map)) {}

  [[nodiscard]] std::size_t copy(Index first, const std::byte*, std::span<K> to) const override {
    if constexpr (requires {
                    { map_.copy_keys(first, to) } -> std::same_as<bool>;
                  }) {
      if (map_.copy_keys(first, to)) return to.size();
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::optional<K> key = map_.key(first + i);
      if (!key) return i;
      to[i] = *key;
    }
    return to.size();
  }
  [[nodiscard]] std::optional<K> key(Index index) const override { return map_.key(index); }

 private:
  Map map_;
};

/// Keys that are in the items: they are taken from the copies, which no writer overwrites.
template <class K>
[[nodiscard]] SHM_API std::unique_ptr<MergeKeys<K>> keys_in_items(const RawReader& reader);

/// The part of an input that is touched for each item. The last key of a batch is repeated behind it (twice,
/// since `next` is read ahead): when the batch is used up, the key of its last item stands for the stream,
/// since no earlier item can follow.
template <class K>
struct alignas(64) MergeHead {
  static_assert(
      std::is_same_v<K, std::int64_t> || std::is_same_v<K, std::uint64_t> || std::is_same_v<K, double>,
      "streams are merged by keys of std::int64_t, std::uint64_t or double; shm::Composed makes one of "
      "another");

  const K* keys = nullptr;
  const std::byte* items = nullptr;
  std::size_t item_bytes = 0;
  Index first = 0;
  std::size_t position = 0;
  std::size_t count = 0;
  std::uint64_t next = 0;  ///< rank of the item behind `position`, so that the next winner is one load away

  [[nodiscard]] bool is_empty() const noexcept { return position == count; }
  void look_ahead() noexcept { next = rank_of(keys[position + 1]); }
};

template <class K>
class SHM_API MergeInput {
 public:
  /// Most items of a batch; and most bytes of them, if it is more than one.
  static constexpr std::size_t most_items = 256;
  static constexpr std::size_t most_bytes = std::size_t{64} << 10;

  /// `keeps` owns the reader. `end`: the merge takes the stream to end there.
  MergeInput(std::shared_ptr<void> keeps, RawReader& reader, std::unique_ptr<MergeKeys<K>> keys,
             std::optional<Index> end);

  /// The head of an input without a batch.
  void start(MergeHead<K>& head) const noexcept;
  /// Copies the items that are there into a batch. REQUIRES: the batch before it was used up.
  ///   ok       there is a batch
  ///   not_yet  there are no items yet
  ///   ended    there will be no more items
  ///   lost     items were overwritten: last_lost()
  /// @throws KeyDecreases; OverlapsPast with the reader's loss_is_error; and what the map throws.
  [[nodiscard]] Status refill(MergeHead<K>& head);
  void end_here() noexcept {
    has_ended_ = true;
    is_passed_over = may_be_late = false;
  }

  [[nodiscard]] RawReader& reader() const noexcept { return *reader_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  /// The key of the last item that was handed out; empty if there is none.
  [[nodiscard]] std::optional<K> last_key(const MergeHead<K>& head) const noexcept {
    if (head.position > 0) return head.keys[head.position - 1];
    return has_last_ ? std::optional<K>(last_) : std::nullopt;
  }
  [[nodiscard]] IndexRange last_lost() const noexcept { return last_lost_; }
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return lost_items_; }

  // --- written by the merge ---
  bool is_passed_over = false;  ///< silent for too long: holds no other stream back until its next item
  bool may_be_late = true;      ///< new, or was passed over: its order with the others is not known yet
  std::optional<Deadline::Clock::time_point> silent_since;  ///< since then it holds others back

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };

  void forget(MergeHead<K>& head) noexcept;
  void put_forward(MergeHead<K>& head, std::size_t count) noexcept;
  [[nodiscard]] Status lost(IndexRange range) noexcept;
  [[nodiscard]] std::size_t copy_keys(Index first, std::size_t count);
  [[nodiscard]] std::size_t in_order(std::size_t count) const noexcept;
  [[nodiscard]] Status keyless(Index first, std::size_t count);
  [[noreturn]] void throw_decreases(Index index, K key) const;

  std::shared_ptr<void> keeps_;
  RawReader* reader_;
  std::unique_ptr<MergeKeys<K>> keys_of_;
  std::optional<Index> end_;
  std::size_t capacity_;
  std::vector<Line> items_;
  std::vector<K> keys_;  // the key before the batch, the keys of the batch, and its last key again, twice
  bool has_ended_ = false;
  bool has_last_ = false;
  K last_;  // key of the last item before this batch
  IndexRange last_lost_;
  std::uint64_t lost_items_ = 0;
};

extern template class MergeInput<std::int64_t>;
extern template class MergeInput<std::uint64_t>;
extern template class MergeInput<double>;

}  // namespace shm::internal
