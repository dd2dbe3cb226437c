// SPDX-License-Identifier: Apache-2.0

// Merge: several streams as one, in the order of their keys, over history or live.
//
//   shm::Merge<> merge({.lateness = std::chrono::milliseconds(200)});
//   shm::Reader<Tick> ticks("market/ticks", shm::Start::oldest());
//   shm::KeyInItem<> time_of_tick(ticks.raw());
//   const std::size_t tick_id = merge.add(std::move(ticks), time_of_tick);  // and so on, of any type
//   for (const auto& item : merge) {  // blocks; ends when all streams have ended
//     if (item.stream == tick_id) use(item.as<Tick>());
//   }
//
// Order: keys never decrease within a stream. An item is handed out when no stream can still give an earlier
// one. Of equal keys, the stream that was added first comes first.
// Waiting: a stream without a pending item holds back all items behind its last one; before its first item it
// holds back everything. A stream that has ended holds back nothing. A silent stream is passed over after
// `lateness`; if it then publishes an item that belongs before those that were handed out, the item is handed
// out at once, and is_late. A stream whose writer died counts as silent, since a writer may return (with
// ReaderOptions::writer_loss_is_error it is an error).
// Copies: items are copied in batches and checked before they are handed out, so that an item cannot be
// overwritten. It is valid until the next call. The readers are ahead of the items that were handed out, by
// up to a batch.
//
// Threads: one at a time.
// Throws as next() describes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/operators/internal/loser_tree.hpp"
#include "shm/operators/internal/merge_input.hpp"
#include "shm/operators/internal/merge_two.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/reader.hpp"
#include "shm/wait/wait_any.hpp"

namespace shm {

struct MergeOptions {
  /// How long a silent stream holds the others back. Empty: without a limit.
  std::optional<std::chrono::nanoseconds> lateness = {};
  /// Each stream is taken to end behind the newest item at the time of add(): the merge never waits.
  bool up_to_now = false;
  WaitStrategy waiting = {};  ///< of the merge, instead of its readers'
  const Interrupt* interrupt = nullptr;
  /// The clock that lateness is measured with. Empty: CLOCK_MONOTONIC.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
};

namespace internal {
[[noreturn]] SHM_API void throw_other_size(std::size_t item_bytes, std::size_t asked);
}

template <class K>
struct MergedItem {
  std::size_t stream = 0;  ///< the id that add() returned
  Index index = 0;
  K key{};
  std::span<const std::byte> item;
  bool is_late = false;

  /// @throws TypeMismatch  T has another size.
  template <class T>
  [[nodiscard]] const T& as() const {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);
    if (sizeof(T) != item.size()) [[unlikely]] {
      internal::throw_other_size(item.size(), sizeof(T));
    }
    return *reinterpret_cast<const T*>(item.data());
  }
};

/// The result of a call, with the item if there is one.
template <class K>
struct Merged {
  Status status = Status::not_yet;
  MergedItem<K> item;  ///< its stream also with lost, writer_lost, and a reader's own interrupt
  IndexRange lost;     ///< with Status::lost

  explicit operator bool() const noexcept { return status == Status::ok; }
  [[nodiscard]] const MergedItem<K>& operator*() const noexcept { return item; }
  [[nodiscard]] const MergedItem<K>* operator->() const noexcept { return &item; }
};

/// Consecutive items of one stream.
template <class K>
struct MergedRun {
  Status status = Status::not_yet;
  std::size_t stream = 0;
  Index first = 0;
  std::span<const K> keys;
  std::span<const std::byte> items;
  bool is_late = false;
  IndexRange lost;

  explicit operator bool() const noexcept { return status == Status::ok; }
  /// @throws TypeMismatch  T has another size.
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);
    if (sizeof(T) * keys.size() != items.size()) {
      internal::throw_other_size(items.size() / keys.size(), sizeof(T));
    }
    return {reinterpret_cast<const T*>(items.data()), keys.size()};
  }
};

/// K: std::int64_t, std::uint64_t or double.
template <class K = std::int64_t>
class SHM_API Merge {
 public:
  using Key = K;

  explicit Merge(MergeOptions options = {}) : options_(std::move(options)) {}

  /// Adds a stream: its reader, from the cursor on, and the map of its keys. Returns the stream's id: 0, 1, 2
  /// and so on. May be called at any time: items that belong before those that were handed out are late.
  template <internal::HasKeys Map>
  std::size_t add(RawReader reader, Map map) {
    auto kept = std::make_shared<RawReader>(std::move(reader));
    RawReader& raw = *kept;
    return add_stream(std::move(kept), raw, std::move(map));
  }
  template <class T, internal::HasKeys Map>
  std::size_t add(Reader<T> reader, Map map) {
    auto kept = std::make_shared<Reader<T>>(std::move(reader));  // it may keep a source alive
    RawReader& raw = kept->raw();
    return add_stream(std::move(kept), raw, std::move(map));
  }

  /// The next item.
  ///   ok
  ///   not_yet      there is no item, or streams hold it back (calls that do not wait)
  ///   timed_out    the same at the deadline
  ///   ended        all streams have ended, and all items were handed out
  ///   lost         a stream was lapped: items of it were overwritten; the next call goes on at a safe item
  ///   interrupted
  ///   writer_lost  with the reader's writer_loss_is_error
  /// @throws KeyDecreases  a key is less than that of the item before it in its stream. All items before it
  /// were handed out. Each further call throws again.
  /// @throws OverlapsPast  only with a reader's loss_is_error; and what a map throws.
  [[nodiscard, gnu::always_inline]] Merged<K> next(Deadline deadline = Deadline::never()) {
    if (next_ == end_) [[unlikely]] {
      if (const Status status = make_ready(deadline); status != Status::ok) {
        return {status, {.stream = problem_, .item = {}}, lost_};
      }
    }
    const internal::MergePlace place = *next_++;
    const internal::MergeHead<K>& head = heads_[place.stream];
    return {Status::ok,
            {place.stream,
             head.first + place.position,
             head.keys[place.position],
             {head.items + place.position * head.item_bytes, head.item_bytes},
             is_late_},
            {}};
  }
  [[nodiscard, gnu::always_inline]] Merged<K> try_next() { return next(Deadline::now()); }

  /// All items of one stream that come next in a row: at least one, at most a batch.
  [[nodiscard]] MergedRun<K> next_run(Deadline deadline = Deadline::never());
  [[nodiscard]] MergedRun<K> try_next_run() { return next_run(Deadline::now()); }

  /// Input iteration that blocks, and ends when all streams have ended. Lost items are skipped and counted.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = MergedItem<K>;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Merge& merge) : merge_(&merge) { ++*this; }
    const MergedItem<K>& operator*() const noexcept { return item_; }
    const MergedItem<K>* operator->() const noexcept { return &item_; }
    Iterator& operator++() {
      for (;;) {
        const Merged<K> next = merge_->next();
        if (next) return item_ = next.item, *this;
        if (next.status == Status::ended) return merge_ = nullptr, *this;
        if (next.status != Status::lost) merge_->throw_status(next);
      }
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.merge_ == nullptr; }

   private:
    Merge* merge_;
    MergedItem<K> item_;
  };
  /// @throws Interrupted, WriterLost; and as next().
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  /// The number of streams.
  [[nodiscard]] std::size_t size() const noexcept { return streams_.size(); }
  /// The number of items that a stream lost in this merge. @throws std::out_of_range  there is no such
  /// stream.
  [[nodiscard]] std::uint64_t lost_items(std::size_t stream) const {
    return streams_.at(stream).lost_items();
  }
  [[nodiscard]] const RawReader& reader(std::size_t stream) const { return streams_.at(stream).reader(); }

 private:
  using Entry = internal::MergeEntry;

  template <internal::HasKeys Map>
  std::size_t add_stream(std::shared_ptr<void> keeps, RawReader& reader, Map map) {
    static_assert(std::is_same_v<typename Map::Key, K>, "the keys of a merge's maps are of its own type");
    std::unique_ptr<internal::MergeKeys<K>> keys;
    if constexpr (std::is_same_v<Map, KeyInItem<K>>) {
      keys = internal::keys_in_items<K>(reader);
    } else if constexpr (std::is_same_v<Map, StreamKeys>) {
      if (map.ledger() == nullptr) keys = internal::keys_in_items<K>(reader);
    }
    if (!keys) keys = std::make_unique<internal::MergeKeysOf<K, Map>>(std::move(map));
    return add_stream(std::move(keeps), reader, std::move(keys));
  }
  std::size_t add_stream(std::shared_ptr<void> keeps, RawReader& reader,
                         std::unique_ptr<internal::MergeKeys<K>> keys);

  // merge.cpp: the work that is not done for each item
  [[nodiscard]] Status make_ready(Deadline deadline);
  [[nodiscard]] Status find_winner(Deadline deadline);
  void order();
  void take_back() noexcept;
  [[nodiscard]] Status refill(std::size_t stream);
  [[nodiscard]] Status refill_empty(bool passed_over_alone);
  [[nodiscard]] Status hold(Deadline deadline);
  [[nodiscard]] std::optional<std::chrono::nanoseconds> pass_over();
  [[nodiscard]] Status wait(Deadline deadline, Deadline until);
  [[nodiscard]] Entry entry_of(std::size_t stream, const std::optional<Entry>& handed_out);
  [[nodiscard]] std::optional<Entry> handed_out() const noexcept;
  void settle();
  [[nodiscard]] bool find_blockers();
  [[noreturn]] void throw_status(const Merged<K>& answer) const;

  /// The next items, as far as their order is certain.
  const internal::MergePlace* next_ = nullptr;
  const internal::MergePlace* end_ = nullptr;
  std::vector<internal::MergeHead<K>> heads_;
  bool is_late_ = false;  // the next item, which is the only one then
  /// The loser tree is up to date, no stream is passed over or may be late, and there is at least one.
  bool is_plain_ = false;
  internal::LoserTree loser_tree_;
  std::vector<internal::MergePlace> order_;
  MergeOptions options_;
  std::size_t problem_ = 0;  // the stream of a result that is not an item
  IndexRange lost_;
  std::vector<internal::MergeInput<K>> streams_;
  // of settle() and hold(): members, so that their memory is reused
  std::vector<Entry> entries_;
  std::vector<std::size_t> blockers_;
  std::vector<Awaited> awaited_;
};

extern template class Merge<std::int64_t>;
extern template class Merge<std::uint64_t>;
extern template class Merge<double>;

}  // namespace shm
