// SPDX-License-Identifier: Apache-2.0

// Several streams as one, in the order of their keys: live, or over history.
//
//   shm::Merge<> merge({.lateness = std::chrono::milliseconds(200)});
//   shm::Reader<Tick> ticks("market/ticks", shm::Start::oldest());
//   shm::KeyInItem<> time_of_tick(ticks.raw());
//   const std::size_t tick_id = merge.add(std::move(ticks), time_of_tick);  // and so on, of any type
//   for (const auto& item : merge) {                    // blocks; stops when all have ended
//     if (item.stream == tick_id) use(item.as<Tick>());
//   }
//
// Equal keys come in the order in which the streams were added, and the items of a stream in their own. An
// item is handed out when no stream can still give an earlier one: keys never decrease, so each stream that
// has nothing pending holds back what comes after its last item, and one of which nothing was seen yet
// everything. A stream that ended holds nothing back. One that stays silent does so for `lateness` at most,
// and is passed over then; what comes of it afterwards, but belongs before what was handed out already, is
// handed out as soon as it is seen, and is_late. A writer that died is silent: it may return. (Or an error,
// with ReaderOptions::writer_loss_is_error.)
//
// Items are copied in batches, and checked, before they are handed out: what an item shows cannot be
// overwritten. It is valid until the next call. Readers are ahead of what was handed out, by a batch at most;
// how they wait is the merge's options' to say. One thread at a time.
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
  /// How long a silent stream holds the rest back. Empty: for ever.
  std::optional<std::chrono::nanoseconds> lateness = {};
  /// Each stream is taken to end at what was inserted when it was added: nothing is ever waited for.
  bool up_to_now = false;
  WaitStrategy waiting = {};
  const Interrupt* interrupt = nullptr;
  /// What lateness is measured with. Empty: CLOCK_MONOTONIC.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
};

namespace merging {
[[noreturn]] SHM_API void throw_other_size(std::size_t item_bytes, std::size_t asked);
}

template <class K>
struct MergedItem {
  std::size_t stream = 0;  ///< what add() gave
  Index index = 0;
  K key{};
  std::span<const std::byte> item;
  bool is_late = false;

  /// @throws TypeMismatch  T has another size.
  template <class T>
  [[nodiscard]] const T& as() const {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);
    if (sizeof(T) != item.size()) [[unlikely]] {
      merging::throw_other_size(item.size(), sizeof(T));
    }
    return *reinterpret_cast<const T*>(item.data());
  }
};

/// The answer of a merge, with the item if there is one.
template <class K>
struct Merged {
  Status status = Status::not_yet;
  MergedItem<K> item;  ///< its stream is also that of lost, writer_lost, and interrupted (by a reader's own)
  IndexRange lost;     ///< with Status::lost

  explicit operator bool() const noexcept { return status == Status::ok; }
  [[nodiscard]] const MergedItem<K>& operator*() const noexcept { return item; }
  [[nodiscard]] const MergedItem<K>* operator->() const noexcept { return &item; }
};

/// Items of one stream that follow each other.
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
      merging::throw_other_size(items.size() / keys.size(), sizeof(T));
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

  /// Takes a reader, from its cursor on, and a map of its keys; gives the stream's id: 0, 1, 2 and so on. May
  /// be called at any time: items that belong before what was handed out already are late.
  template <merging::HasKeys Map>
  std::size_t add(RawReader reader, Map map) {
    auto kept = std::make_shared<RawReader>(std::move(reader));
    RawReader& raw = *kept;
    return add_stream(std::move(kept), raw, std::move(map));
  }
  template <class T, merging::HasKeys Map>
  std::size_t add(Reader<T> reader, Map map) {
    auto kept = std::make_shared<Reader<T>>(std::move(reader));  // with the source that it may keep alive
    RawReader& raw = kept->raw();
    return add_stream(std::move(kept), raw, std::move(map));
  }

  /// The next item.
  ///   ok
  ///   not_yet      streams hold it back (calls that do not wait), or there is none yet
  ///   timed_out    the same at the deadline
  ///   ended        all streams have ended, and all was handed out
  ///   lost         a stream was overtaken; its cursor stands at a safe item now, and the merge goes on
  ///   interrupted
  ///   writer_lost  with the reader's writer_loss_is_error
  /// @throws KeyDecreases  the keys of a stream do: at the item of which that is true, and again, since
  /// nothing can be said of what follows. What was before it in its stream was handed out.
  /// @throws OverlapsPast  only with a reader's loss_is_error; and whatever a map throws.
  [[nodiscard, gnu::always_inline]] Merged<K> next(Deadline deadline = Deadline::never()) {
    if (next_ == end_) [[unlikely]] {
      if (const Status status = make_ready(deadline); status != Status::ok) {
        return {status, {.stream = problem_, .item = {}}, lost_};
      }
    }
    const merging::Place place = *next_++;
    const merging::Head<K>& head = heads_[place.stream];
    return {Status::ok,
            {place.stream,
             head.first + place.position,
             head.keys[place.position],
             {head.items + place.position * head.item_bytes, head.item_bytes},
             is_late_},
            {}};
  }
  [[nodiscard, gnu::always_inline]] Merged<K> try_next() { return next(Deadline::now()); }

  /// As many items of one stream as come in a row: one at least, and up to a batch.
  [[nodiscard]] MergedRun<K> next_run(Deadline deadline = Deadline::never());
  [[nodiscard]] MergedRun<K> try_next_run() { return next_run(Deadline::now()); }

  /// Input iteration that blocks, and ends when all have ended. Lost items are skipped and counted.
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

  /// How many streams there are.
  [[nodiscard]] std::size_t size() const noexcept { return streams_.size(); }
  /// All that a stream lost in this merge. @throws std::out_of_range  there is no such stream.
  [[nodiscard]] std::uint64_t lost_items(std::size_t stream) const {
    return streams_.at(stream).lost_items();
  }
  [[nodiscard]] const RawReader& reader(std::size_t stream) const { return streams_.at(stream).reader(); }

 private:
  using Entry = merging::Entry;

  template <merging::HasKeys Map>
  std::size_t add_stream(std::shared_ptr<void> keeps, RawReader& reader, Map map) {
    static_assert(std::is_same_v<typename Map::Key, K>, "the keys of a merge's maps are of its own type");
    std::unique_ptr<merging::Keys<K>> keys;
    if constexpr (std::is_same_v<Map, KeyInItem<K>>) {
      keys = merging::keys_in_items<K>(reader);
    } else if constexpr (std::is_same_v<Map, StreamKeys>) {
      if (map.ledger() == nullptr) keys = merging::keys_in_items<K>(reader);
    }
    if (!keys) keys = std::make_unique<merging::KeysOf<K, Map>>(std::move(map));
    return add_stream(std::move(keeps), reader, std::move(keys));
  }
  std::size_t add_stream(std::shared_ptr<void> keeps, RawReader& reader,
                         std::unique_ptr<merging::Keys<K>> keys);

  // merge.cpp: what is not done for each item
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

  /// What comes next, as far as it is certain.
  const merging::Place* next_ = nullptr;
  const merging::Place* end_ = nullptr;
  std::vector<merging::Head<K>> heads_;
  bool is_late_ = false;  // what comes next: it is alone then
  /// The tournament knows of everything, no stream is passed over or may be late, and there is one.
  bool is_plain_ = false;
  merging::Tournament tournament_;
  std::vector<merging::Place> order_;
  MergeOptions options_;
  std::size_t problem_ = 0;  // the stream that an answer other than an item is of
  IndexRange lost_;
  std::vector<merging::Stream<K>> streams_;
  // of settle() and hold(), kept for their memory
  std::vector<Entry> entries_;
  std::vector<std::size_t> blockers_;
  std::vector<Awaited> awaited_;
};

extern template class Merge<std::int64_t>;
extern template class Merge<std::uint64_t>;
extern template class Merge<double>;

}  // namespace shm
