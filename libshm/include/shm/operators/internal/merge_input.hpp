// SPDX-License-Identifier: Apache-2.0

// One stream of a merge: its reader, its keys, and the batch that was copied out of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "shm/base/deadline.hpp"
#include "shm/base/export.hpp"
#include "shm/operators/internal/loser_tree.hpp"
#include "shm/query/index_map.hpp"
#include "shm/stream/raw_reader.hpp"

namespace shm::merging {

/// What a merge asks of an index map: less than IndexMap, so that functions with captures do.
template <class M>
concept HasKeys = std::move_constructible<M> && requires(const M& map, Index index) {
  { map.key(index) } -> std::convertible_to<std::optional<typename M::Key>>;
};

/// A map of whatever type, asked once for each batch.
template <class K>
class SHM_API Keys {
 public:
  virtual ~Keys() = default;
  /// Keys of the items from `first` on, of which `items` are copies, up to the first whose key cannot be had:
  /// gives how many.
  [[nodiscard]] virtual std::size_t copy(Index first, const std::byte* items, std::span<K> to) const = 0;
  [[nodiscard]] virtual std::optional<K> key(Index index) const = 0;
};

template <class K, HasKeys Map>
class KeysOf final : public Keys<K> {
 public:
  explicit KeysOf(Map map) : map_(std::move(map)) {}

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

/// Keys that the items carry come out of the copies, which nobody overwrites.
template <class K>
[[nodiscard]] SHM_API std::unique_ptr<Keys<K>> keys_in_items(const RawReader& reader);

/// What is touched for each item. Behind the last key of a batch it is repeated (twice: `next` is read
/// ahead), so that a stream whose batch was used up puts forward the key of its last item: nothing that comes
/// before that can still come of it.
template <class K>
struct alignas(64) Head {
  const K* keys = nullptr;
  const std::byte* items = nullptr;
  std::size_t item_bytes = 0;
  Index first = 0;
  std::size_t position = 0;
  std::size_t count = 0;
  std::uint64_t next = 0;  ///< rank of what follows `position`: the way from winner to winner is one load

  [[nodiscard]] bool is_empty() const noexcept { return position == count; }
  void look_ahead() noexcept { next = rank_of(keys[position + 1]); }
};

template <class K>
class SHM_API Stream {
 public:
  /// Most items of a batch; and most bytes of them, if it is more than one.
  static constexpr std::size_t most_items = 256;
  static constexpr std::size_t most_bytes = std::size_t{64} << 10;

  /// `reader` lives in what `keeps` keeps. `end`: where the stream is taken to end.
  Stream(std::shared_ptr<void> keeps, RawReader& reader, std::unique_ptr<Keys<K>> keys,
         std::optional<Index> end);

  /// Nothing pending, nothing seen.
  void start(Head<K>& head) const noexcept;
  /// Copies what is there into a batch. REQUIRES: the one before it was used up.
  ///   ok       there is a batch
  ///   not_yet  nothing is there
  ///   ended    nothing will be
  ///   lost     last_lost()
  /// @throws KeyDecreases; OverlapsPast with the reader's loss_is_error; and whatever the map throws.
  [[nodiscard]] Status refill(Head<K>& head);
  void end_here() noexcept {
    has_ended_ = true;
    is_passed_over = may_be_late = false;
  }

  [[nodiscard]] RawReader& reader() const noexcept { return *reader_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  /// Of the last item that was handed out; empty: none was.
  [[nodiscard]] std::optional<K> last_key(const Head<K>& head) const noexcept {
    if (head.position > 0) return head.keys[head.position - 1];
    return has_last_ ? std::optional<K>(last_) : std::nullopt;
  }
  [[nodiscard]] IndexRange last_lost() const noexcept { return last_lost_; }
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return lost_items_; }

  // --- kept by the merge ---
  bool is_passed_over = false;  ///< silent for too long: holds nothing back until it is heard of again
  bool may_be_late = true;      ///< new, or was passed over: not known to be in order with the others
  std::optional<Deadline::Clock::time_point> silent_since;  ///< holding others back

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };

  void forget(Head<K>& head) noexcept;
  void put_forward(Head<K>& head, std::size_t count) noexcept;
  [[nodiscard]] Status lost(IndexRange range) noexcept;
  [[nodiscard]] std::size_t copy_keys(Index first, std::size_t count);
  [[nodiscard]] std::size_t in_order(std::size_t count) const noexcept;
  [[nodiscard]] Status keyless(Index first, std::size_t count);
  [[noreturn]] void throw_decreases(Index index, K key) const;

  std::shared_ptr<void> keeps_;
  RawReader* reader_;
  std::unique_ptr<Keys<K>> keys_of_;
  std::optional<Index> end_;
  std::size_t capacity_;
  std::vector<Line> items_;
  std::vector<K> keys_;  // the one before a batch, those of the batch, and what is put forward behind it
  bool has_ended_ = false;
  bool has_last_ = false;
  K last_;  // of the last item of the batches before this one
  IndexRange last_lost_;
  std::uint64_t lost_items_ = 0;
};

extern template class Stream<std::int64_t>;
extern template class Stream<std::uint64_t>;
extern template class Stream<double>;

}  // namespace shm::merging
