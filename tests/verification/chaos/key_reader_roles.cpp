// SPDX-License-Identifier: Apache-2.0
#include "key_reader_roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "checked_reader.hpp"
#include "shm/base/error.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/key_range.hpp"
#include "shm/query/ledger.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;
using Key = std::int64_t;
using KeyedBytes = std::array<std::byte, keyed_bytes>;

std::uint64_t word_of(const std::byte* item, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, item + at * sizeof word, sizeof word);
  return word;
}
Key key_in(const std::byte* item) { return static_cast<Key>(word_of(item, 3)); }

/// The interface that Keyed needs of a reader.
class BorrowedReader {
 public:
  using value_type = KeyedBytes;
  explicit BorrowedReader(RawReader& raw) : raw_(&raw) {}
  [[nodiscard]] RawReader& raw() noexcept { return *raw_; }
  [[nodiscard]] IndexRange readable() const { return raw_->readable(); }
  [[nodiscard]] Index oldest() const { return raw_->oldest(); }

 private:
  RawReader* raw_;
};

struct Query {
  Key begin = 0;
  Key end = 0;
  RangeOptions options;
  Index oldest = 0;  ///< at the time of the query
  [[nodiscard]] bool is_behind_begin(Key key) const {
    return options.begin == Bound::exclusive ? key > begin : key >= begin;
  }
  [[nodiscard]] bool is_before_end(Key key) const {
    return options.end == Bound::inclusive ? key <= end : key < end;
  }
};

template <class Map>
class LookUps {
 public:
  LookUps(Worker& worker, CheckedReader& reader)
      : worker_(worker),
        reader_(reader),
        raw_(reader.raw()),
        history_(raw_.history()),
        in_(keyed<Map>(BorrowedReader(raw_))) {}

  void look() {
    worker_.count(Count::look_ups);
    switch (worker_.random(6)) {
      case 0:
        return lower();
      case 1:
        return keys();
      case 2:
        return at_or_before();
      case 3:
        if constexpr (is_stamped) gaps();
        return;
      default:
        range();
    }
  }

 private:
  static constexpr bool is_stamped = std::is_same_v<Map, Ledger>;

  /// Returns the first item that must have a key, now and at any time before. If a dead writer left anchors without
  /// items in the ledger, then the oldest items may have no anchor.
  [[nodiscard]] Index sure() const {
    const Index inserted = raw_.inserted();
    const Index promised = inserted > history_ ? inserted - history_ : 0;
    return is_stamped ? std::max(raw_.oldest(), promised) : raw_.oldest();
  }

  /// Returns the key in the item itself; empty if the item was overwritten, or is not published yet.
  [[nodiscard]] std::optional<Key> key_of_item(Index index) {
    if (index >= raw_.inserted() || !raw_.items().copy(index, 1, reader_.room().data())) return std::nullopt;
    reader_.check(reader_.room(), index);
    return key_in(reader_.room().data());
  }

  [[nodiscard]] Index some_index() {
    const IndexRange there = raw_.readable();
    const std::uint64_t near = worker_.chance(50) ? 8 : there.size() + 2;
    const std::uint64_t off = worker_.random(std::min(near, there.size() + 2));
    return worker_.chance(50) || off > there.end ? there.begin + off : there.end - off;
  }

  /// Returns the key of an item, a key close to it, or a key that no item has.
  [[nodiscard]] Key some_key() {
    last_key_ = key_of_item(some_index()).value_or(last_key_);
    const auto off = static_cast<Key>(worker_.random(worker_.chance(70) ? 3 : 300'000'000));
    return worker_.chance(60) ? last_key_ : last_key_ + off - 1;
  }

  [[nodiscard]] bool has_key(Index index) { return !is_stamped || index >= sure() || in_.key(index); }

  void lower() {
    const Key key = some_key();
    const IndexRange there = raw_.readable();
    const Index begin = there.begin + (worker_.chance(50) ? 0 : worker_.random(there.size() + 1));
    const IndexRange within{begin, there.end - (worker_.chance(50) ? 0 : worker_.random(there.end - begin))};
    const Index found = in_.map().lower(key, within);
    if (found < within.begin || found > within.end) {
      return wrong(fmt::format("lower({}) of {} to {} is {}", key, within.begin, within.end, found));
    }
    if (found > within.begin && has_key(found - 1)) {
      const auto before = key_of_item(found - 1);
      if (before && *before >= key) {
        wrong(fmt::format("lower({}) is {}, and item {} has {}", key, found, found - 1, *before));
      }
    }
    const auto at = found < within.end ? key_of_item(found) : std::nullopt;
    if (at && *at < key) wrong(fmt::format("lower({}) is {}, which has {}", key, found, *at));
  }

  void keys() {
    const Index index = some_index();
    const std::optional<Key> told = in_.key(index);
    const std::optional<Key> own = key_of_item(index);
    if (told && index >= raw_.inserted()) wrong(fmt::format("item {} is not there, and has a key", index));
    if (told && own && *told != *own) wrong(fmt::format("item {} has {}, not {}", index, *own, *told));

    std::vector<Key> copied(1 + worker_.random(40));
    const Index inserted = raw_.inserted();
    const bool is_told = in_.map().copy_keys(index, copied);
    for (std::size_t i = 0; i < copied.size(); ++i) {
      const std::optional<Key> key = is_told ? key_of_item(index + i) : std::nullopt;
      if (key && *key != copied[i]) {
        wrong(fmt::format("item {} has {}, not {} as copied", index + i, *key, copied[i]));
      }
    }
    if (!is_told && index + copied.size() <= inserted && index >= sure()) {
      wrong(fmt::format("{} keys from {} cannot be had", copied.size(), index));
    }
    if (index < inserted && !in_.key(index) && index >= sure()) {
      wrong(fmt::format("item {} has no key", index));
    }
  }

  void at_or_before() {
    const Key key = some_key();
    const Index inserted = raw_.inserted();
    try {
      const std::optional<Index> found = in_.at_or_before(key);
      const auto own = found ? key_of_item(*found) : std::nullopt;
      if (own && *own > key) wrong(fmt::format("at or before {} is {}, which has {}", key, *found, *own));
      const Index next = found ? *found + 1 : 0;
      const auto behind = next < inserted ? key_of_item(next) : std::nullopt;
      if (behind && *behind <= key) {
        wrong(fmt::format("at or before {} is what is before {}, which has {}", key, next, *behind));
      }
    } catch (const OverlapsPast& past) {
      check_past(past);
    }
  }

  void gaps() requires is_stamped {
    const Key begin = some_key();
    const Key end = some_key();
    for (const KeyGap& gap : in_.map().gaps(std::min(begin, end), std::max(begin, end), raw_.readable())) {
      const auto behind = key_of_item(gap.index);
      const auto before = gap.index > 0 ? key_of_item(gap.index - 1) : std::nullopt;
      const bool is_between = (!behind || *behind == gap.end) && (!before || *before < gap.begin);
      if (gap.begin >= gap.end || !is_between) {
        wrong(
            fmt::format("a gap {} to {} before item {}, which is not there", gap.begin, gap.end, gap.index));
      }
      if (gap.reason != 0 && gap.reason != 7) wrong(fmt::format("a gap of reason {}", gap.reason));
    }
  }

  [[nodiscard]] Query some_query() {
    const Key one = some_key();
    const Key other = worker_.chance(30) ? one : some_key();
    Query query{std::min(one, other), std::max(one, other), {}, 0};
    RangeOptions& options = query.options;
    if (worker_.chance(30)) options.begin = Bound::exclusive;
    if (worker_.chance(30)) options.end = Bound::inclusive;
    options.round_down = worker_.chance(30);
    options.take_what_is_left = worker_.chance(40);
    options.newer_than_cursor = worker_.chance(10);
    options.require_end = worker_.chance(20);
    if (options.require_end && worker_.chance(50)) {
      options.wait = std::chrono::milliseconds(worker_.random(20));
    }
    if (options.newer_than_cursor) raw_.seek(worker_.chance(50) ? Start::newest() : Start::oldest());
    return query;
  }

  void range() {
    Query query = some_query();
    query.oldest = raw_.oldest();
    const Index inserted = raw_.inserted();
    worker_.count(Count::ranges);
    try {
      if (worker_.chance(50)) {
        const std::vector<KeyedBytes> items = in_.range(query.begin, query.end, query.options);
        if (items.empty()) return;
        const Index first = word_of(items[0].data(), 0);
        reader_.check(std::as_bytes(std::span(items)), first);
        std::vector<std::optional<Key>> keys;
        for (const KeyedBytes& item : items) keys.emplace_back(key_in(item.data()));
        check_range(query, {first, first + items.size()}, keys, query.options.take_what_is_left, inserted);
        return;
      }
      const KeyRange found = in_.find(query.begin, query.end, query.options);
      std::vector<std::optional<Key>> keys;
      for (Index i = found.items.begin; i < found.items.end; ++i) keys.push_back(key_of_item(i));
      check_range(query, found.items, keys, found.begins_in_past, inserted);
      const Index is_left = sure();
      if (found.begins_in_past && (is_left == 0 || found.items.begin > is_left)) {
        wrong(fmt::format("{} is said to begin in the past at {}, with all from {} there", text(query),
                          found.items.begin, is_left));
      }
      if (query.options.require_end && found.may_grow) wrong(text(query) + " may grow after its end");
    } catch (const OverlapsPast& past) {
      check_past(past);
    } catch (const OverlapsFuture&) {
      check_future(query, inserted);
    } catch (const TimedOut&) {
      check_future(query, inserted);
    }
  }

  /// Checks that the range has no wrong item, and that no right item is missing.
  void check_range(const Query& query, IndexRange items, const std::vector<std::optional<Key>>& keys,
                   bool begins_in_past, Index inserted) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!keys[i]) continue;
      const bool is_rounded = query.options.round_down && i == 0 && *keys[i] <= query.begin;
      if ((!query.is_behind_begin(*keys[i]) && !is_rounded) || !query.is_before_end(*keys[i])) {
        return wrong(fmt::format("{} gave item {} with {}", text(query), items.begin + i, *keys[i]));
      }
    }
    const bool begins_at_cursor = query.options.newer_than_cursor && items.begin == raw_.cursor();
    if (items.begin > 0 && !begins_in_past && !begins_at_cursor) {
      // A ledger may still have the key of an overwritten item; a key in the item is overwritten with it.
      if (!is_stamped && !query.options.round_down && items.begin <= query.oldest) {
        wrong(fmt::format("{} began at item {}, with nothing known of what is before {}", text(query),
                          items.begin, query.oldest));
      }
      const auto before = key_of_item(items.begin - 1);
      if (before && query.is_behind_begin(*before)) {
        return wrong(
            fmt::format("{} began at item {}, and the one before has {}", text(query), items.begin, *before));
      }
    }
    const auto behind = items.end < inserted ? key_of_item(items.end) : std::nullopt;
    if (behind && query.is_before_end(*behind)) {
      wrong(fmt::format("{} ended before item {}, which has {}", text(query), items.end, *behind));
    }
  }

  /// If a range was refused as past, then an item before it must have been overwritten.
  void check_past(const OverlapsPast& past) {
    worker_.count(Count::ranges_past);
    const Index is_left = sure();
    if (is_left == 0 || past.asked().begin > is_left) {
      wrong(fmt::format("{} to {} was told to be past, with all from {} there", past.asked().begin,
                        past.asked().end, is_left));
    }
  }

  /// If a range was refused because its end is in the future, then no item was after it at the time of the query.
  void check_future(const Query& query, Index inserted) {
    const auto last = inserted > 0 ? key_of_item(inserted - 1) : std::nullopt;
    if (last && !query.is_before_end(*last)) {
      wrong(fmt::format("{} has no end, and item {} has {}", text(query), inserted - 1, *last));
    }
  }

  [[nodiscard]] static std::string text(const Query& query) {
    const RangeOptions& options = query.options;
    return fmt::format("{}{}, {}{}{}{}{}{}", options.begin == Bound::exclusive ? '(' : '[', query.begin,
                       query.end, options.end == Bound::inclusive ? ']' : ')',
                       options.round_down ? " round_down" : "", options.require_end ? " require_end" : "",
                       options.newer_than_cursor ? " newer_than_cursor" : "",
                       options.take_what_is_left ? " take_what_is_left" : "");
  }
  void wrong(std::string_view what) const { reader_.violation(what); }

  Worker& worker_;
  CheckedReader& reader_;
  RawReader& raw_;
  std::uint64_t history_;
  Keyed<BorrowedReader, Map> in_;
  Key last_key_ = 0;
};

template <class Map>
void look_up(Worker& worker, CheckedReader& reader) {
  LookUps<Map> look_ups(worker, reader);
  while (worker.goes_on()) {
    look_ups.look();
    if (reader.raw().writer_state() == WriterState::ended && worker.chance(5)) return reader.check_end();
    if (worker.chance(20)) worker.rest(500us);
  }
}

}  // namespace

void LedgerReader::read(Worker& worker, CheckedReader& reader) { look_up<Ledger>(worker, reader); }
void KeyInItemReader::read(Worker& worker, CheckedReader& reader) { look_up<KeyInItem<>>(worker, reader); }

}  // namespace shm::chaos
