// SPDX-License-Identifier: Apache-2.0

// Queries by key while the writer overwrites the items. Each item follows from its index alone, so that the
// right result is known: the items, or OverlapsPast.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "query/naive_keys.hpp"
#include "shm/format/described.hpp"
#include "shm/query/as_of.hpp"
#include "shm/query/interval_reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/sanitizers.hpp"

namespace shm::test {

/// An item that contains its index, its time, and a check that it is whole.
struct Moving {
  std::int64_t key;
  std::uint64_t index;
  std::array<std::uint64_t, 6> check;

  /// Three items of each key, and gaps.
  [[nodiscard]] static std::int64_t key_of(Index index) {
    return static_cast<std::int64_t>(index / 3 * 10 + index / 51 * 200);
  }
  [[nodiscard]] static Moving of(Index index) {
    Moving item{key_of(index), index, {}};
    for (std::size_t i = 0; i < item.check.size(); ++i) item.check[i] = (index + 1) * 0x9e3779b97f4a7c15U + i;
    return item;
  }
  /// The first item, of all that ever will be, at or after a key.
  [[nodiscard]] static Index first_at_or_after(std::int64_t key) {
    return bisect({0, Index{1} << 40}, [&](Index i) { return key_of(i) >= key; });
  }
  friend bool operator==(const Moving&, const Moving&) = default;
};
BOOST_DESCRIBE_STRUCT(Moving, (), (key, index, check))

/// A ring of 128 slots.
inline StreamOptions moving_options(bool is_stamped, bool has_buckets) {
  StreamOptions options{.history = 30, .max_claim = 16};
  if (is_stamped) {
    options.ledger = LedgerOptions{.anchors = 60};
  } else {
    options.timestamp = Timestamp::field("key");
  }
  if (has_buckets) options.buckets = BucketOptions{.quantum = 10};
  return options;
}

/// Appends for this time, a few items or many turns of the ring at a time.
inline void write_moving(const StreamOptions& options, std::chrono::milliseconds duration) {
  Writer<Moving> out("moving", options);
  Random random(1);
  const auto end = std::chrono::steady_clock::now() + duration;
  Index next = 0;
  while (std::chrono::steady_clock::now() < end) {
    const std::uint64_t count = 3 * (1 + below(random, one_in(random, 20) ? 2000 : 8));
    for (const Index last = next + count; next < last; ++next) {
      if (options.ledger && next % 3 == 0) {
        out.append(Moving::of(next), Stamp::first(Moving::key_of(next)));
      } else {
        out.append(Moving::of(next));
      }
    }
    if (one_in(random, 4)) std::this_thread::yield();
    for (std::uint64_t i = below(random, 100); i > 0; --i) ring::pause();
  }
  out.detach();
}

template <class In>
class LappedQuestions {
 public:
  LappedQuestions(In in, std::uint64_t seed)
      : in_(std::move(in)),
        stamps_(fork(), StampInterval<>::at_end(25)),
        events_(fork(), explicit_intervals(&interval_of, std::optional<std::int64_t>(30))),
        random_(seed) {}

  /// Queries, and checks the results, until the writer has detached.
  void ask_until_left() {
    while (in_.reader().writer_state() == WriterState::live && !::testing::Test::HasFailure()) ask(50);
    ask(50);
  }
  [[nodiscard]] std::uint64_t answers() const { return answers_; }

 private:
  static Interval<> interval_of(const Moving& item) {
    return {item.key, item.key + static_cast<std::int64_t>(item.index % 30)};
  }
  [[nodiscard]] In fork() const { return In(in_.reader().fork(), in_.map()); }

  void ask(int count) {
    for (; count > 0; --count) {
      before_ = in_.reader().readable();
      if (before_.empty()) return;
      const Index near = before_.begin + below(random_, one_in(random_, 2) ? 12 : before_.size() + 3);
      const std::int64_t key = Moving::key_of(near) + static_cast<std::int64_t>(below(random_, 3)) - 1;
      const std::int64_t end = key + static_cast<std::int64_t>(below(random_, 60));
      ask_range(key, end);
      ask_at_or_before(key);
      ask_as_of(key);
      ask_keys(near);
      ask_matching({key, end}, stamps_,
                   [](const Moving& item) { return StampInterval<>::at_end(25).of(item.key); });
      ask_matching({key, end}, events_, &interval_of);
      if constexpr (!with_thread_sanitizer) ask_view(key, end);  // which does not know the result of intact()
    }
  }

  /// Items from `first` on may be reported as overwritten only if the item before it was.
  void expect_gone(Index first) const { EXPECT_GE(in_.reader().oldest(), std::min(first, before_.end)); }

  /// All items that were there, from the first to the last.
  void expect_items(const std::vector<Moving>& items, IndexRange whole, bool is_from_start) {
    ++answers_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(items[i], Moving::of(items[0].index + i));
    }
    if (items.empty()) {
      const Index oldest = in_.reader().oldest();
      EXPECT_TRUE(whole.empty() || whole.begin >= before_.end || (!is_from_start && whole.end <= oldest));
      return;
    }
    EXPECT_GE(items.front().index, whole.begin);
    EXPECT_TRUE(items.front().index == whole.begin || !is_from_start);
    EXPECT_LE(items.back().index + 1, whole.end);
    EXPECT_GE(items.back().index + 1, std::min(whole.end, before_.end));
  }

  void ask_range(std::int64_t begin, std::int64_t end) {
    const IndexRange whole{Moving::first_at_or_after(begin), Moving::first_at_or_after(end)};
    const bool takes_what_is_left = one_in(random_, 3);
    try {
      expect_items(in_.range(begin, end, {.take_what_is_left = takes_what_is_left}), whole,
                   !takes_what_is_left);
    } catch (const OverlapsPast&) {
      EXPECT_FALSE(takes_what_is_left);
      expect_gone(whole.begin);
    }
  }

  void ask_view(std::int64_t begin, std::int64_t end) {
    try {
      const View<Moving> view = in_.range_view(begin, end);
      const std::vector<Moving> items(view.begin(), view.end());
      if (!view.intact()) return;
      expect_items(items, {Moving::first_at_or_after(begin), Moving::first_at_or_after(end)}, true);
    } catch (const OverlapsPast&) {
      expect_gone(Moving::first_at_or_after(begin));
    }
  }

  template <class Reader, class IntervalOf>
  void ask_matching(const Interval<>& query, Reader& reader, IntervalOf interval) {
    try {
      const std::vector<Moving> items = reader.copy_matching(query);
      ++answers_;
      std::size_t found = 0;
      const Index end = Moving::first_at_or_after(query.end + 40);
      for (Index i = Moving::first_at_or_after(query.begin - 40); i < end; ++i) {
        const Moving item = Moving::of(i);
        const bool is_next = found < items.size() && items[found] == item;
        EXPECT_TRUE(!is_next || matches(interval(item), query));
        EXPECT_TRUE(is_next || i >= before_.end || !matches(interval(item), query)) << i;
        found += is_next ? 1 : 0;
      }
      EXPECT_EQ(found, items.size());
    } catch (const OverlapsPast&) {
      expect_gone(Moving::first_at_or_after(query.begin - 30));  // the begin of the range that is searched
    }
  }

  /// Whether the item is the last at or before `key`, or was at the time of the query.
  void expect_last(Index index, std::int64_t key) {
    ++answers_;
    const Index after = Moving::first_at_or_after(key + 1);
    EXPECT_LT(index, after);
    EXPECT_GE(index + 1, std::min(after, before_.end));
    try {
      EXPECT_EQ(in_.reader().item(static_cast<std::int64_t>(index)), Moving::of(index));
    } catch (const OverlapsPast&) {
      expect_gone(index + 1);
    }
  }

  void ask_at_or_before(std::int64_t key) {
    try {
      const std::optional<Index> index = in_.at_or_before(key);
      EXPECT_EQ(index.has_value(), key >= 0);
      if (index) expect_last(*index, key);
    } catch (const OverlapsPast&) {
      expect_gone(Moving::first_at_or_after(key + 1));
    }
  }

  void ask_as_of(std::int64_t key) {
    const AsOf<> last = as_of(in_, key);
    if (last.index) expect_last(*last.index, key);
    EXPECT_TRUE(!last.index || last.key == Moving::key_of(*last.index));
    EXPECT_TRUE(last.state != AsOfState::none || key < 0);
    if (last.state == AsOfState::gone) expect_gone(Moving::first_at_or_after(key + 1));
    const AsOf<> next = as_of(in_, key, {.how = AsOfMethod::next});
    const Index first = Moving::first_at_or_after(key);
    EXPECT_TRUE(next.state != AsOfState::found || next.index == first);
    EXPECT_TRUE(next.state != AsOfState::not_yet || first >= before_.end);
    if (next.state == AsOfState::gone) expect_gone(first);
    EXPECT_NE(next.state, AsOfState::none);
  }

  void ask_keys(Index index) {
    if (const std::optional<std::int64_t> key = in_.map().key(index)) {
      EXPECT_EQ(*key, Moving::key_of(index));
    } else if (index < before_.end) {
      expect_gone(index + 1);
    }
    std::array<std::int64_t, 20> keys{};
    if (in_.map().copy_keys(index, keys)) {
      for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys[i], Moving::key_of(index + i));
    } else if (index + keys.size() <= before_.end) {
      expect_gone(index + 1);
    }
  }

  using Reader = std::remove_cvref_t<decltype(std::declval<In&>().reader())>;
  using Map = std::remove_cvref_t<decltype(std::declval<In&>().map())>;
  using Explicit = ExplicitIntervals<std::int64_t, Interval<> (*)(const Moving&)>;
  In in_;
  IntervalReader<Reader, Map, StampInterval<>> stamps_;
  IntervalReader<Reader, Map, Explicit> events_;
  Random random_;
  IndexRange before_;
  std::uint64_t answers_ = 0;
};

}  // namespace shm::test
